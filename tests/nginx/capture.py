#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A forwarder that notes the HTTP/1.1 conversations that pass through it as cassettes.

Each door forwards to a port on loopback, in the plain or with TLS on both sides, and does not
touch a byte. What passes is read on the side: every request that was answered is one interaction,
under the URL that the client asked for. A client that goes away early does not cut the answer
short: the rest is read for the cassette alone.

    capture.py --cert PEM --key PEM -o CASSETTE [--tls] PORT     forwards until it is interrupted
"""

import argparse
import asyncio
import base64
import json
import re
import signal
import ssl
import sys
import threading

BODYLESS = (204, 304)


class Message:
  """A request or a response as it was on the wire, its transfer coding taken off."""

  def __init__(self, start, headers):
    self.start, self.headers = start, headers
    self.body, self.trailers, self.chunked, self.until_close = b'', [], False, False

  def get(self, name):
    return next((value for key, value in self.headers if key.lower() == name), None)


class Parser:
  """Reads messages from bytes as they come; `on_message` gets each one when it is whole."""

  def __init__(self, on_message, next_method=None):
    self.on_message, self.next_method = on_message, next_method
    self.buffer, self.closed = bytearray(), False
    self.steps = self._messages()
    next(self.steps)

  def feed(self, data):
    self.buffer += data
    self._step()

  def close(self):
    self.closed = True
    self._step()

  def _step(self):
    try:
      next(self.steps)
    except StopIteration:
      pass

  def _line(self):
    while (end := self.buffer.find(b'\r\n')) < 0:
      yield
      if self.closed:
        raise EOFError
    line = bytes(self.buffer[:end])
    del self.buffer[:end + 2]
    return line

  def _exactly(self, size):
    while len(self.buffer) < size:
      yield
      if self.closed:
        raise EOFError
    data = bytes(self.buffer[:size])
    del self.buffer[:size]
    return data

  def _fields(self):
    fields = []
    while line := (yield from self._line()):
      name, _, value = line.partition(b':')
      fields.append((name.decode(), value.strip(b' \t')))
    return fields

  def _body(self, message):
    length = message.get('content-length')
    if (message.get('transfer-encoding') or b'').lower() == b'chunked':
      message.chunked = True
      pieces = []
      while size := int((yield from self._line()).split(b';')[0], 16):
        pieces.append((yield from self._exactly(size)))
        yield from self._line()
      message.trailers = yield from self._fields()
      return b''.join(pieces)
    if length is not None and not message.until_close:
      return (yield from self._exactly(int(length)))
    if not message.until_close:
      return b''
    while not self.closed:
      yield
    return bytes(self.buffer)

  def _messages(self):
    try:
      yield
      while True:
        message = Message((yield from self._line()).decode('latin-1'), (yield from self._fields()))
        if self.next_method:  # a response
          code = int(message.start.split()[1])
          if code < 200:
            continue
          if self.next_method() == 'HEAD' or code in BODYLESS:
            self.on_message(message)
            continue
          message.until_close = message.get('content-length') is None
        message.body = yield from self._body(message)
        self.on_message(message)
    except EOFError:
      return


class Conversation:
  """One connection: pairs each response with the request that it answers."""

  def __init__(self, door, on_interaction):
    self.door, self.on_interaction = door, on_interaction
    self.waiting = []
    self.requests = Parser(self.waiting.append)
    self.responses = Parser(self._answered, self._method)

  def _method(self):
    return self.waiting[0].start.split()[0] if self.waiting else 'GET'

  def _answered(self, response):
    if self.waiting:
      self.on_interaction(self.door, self.waiting.pop(0), response)


class Door:
  """A listening port: where it leads to, and the URL by which clients know it."""

  def __init__(self, target, tls):
    self.target, self.tls, self.port = target, tls, 0

  def url(self, request):
    host = (request.get('host') or b'').decode('latin-1').lower()
    if not host.endswith(f':{self.port}'):
      host = f'a.localhost:{self.port}'  # the program made up a Host of its own
    return f'{"https" if self.tls else "http"}://{host}{request.start.split()[1]}'


class Capture:
  """Doors, and the interactions that passed through them since begin(). One thread of its own."""

  def __init__(self, cert, key):
    self.inside = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    self.inside.load_cert_chain(cert, key)
    self.inside.set_alpn_protocols(['http/1.1'])
    self.outside = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    self.outside.check_hostname = False
    self.outside.verify_mode = ssl.CERT_NONE
    self.outside.set_alpn_protocols(['http/1.1'])
    self.interactions, self.busy = [], set()
    self.loop = asyncio.new_event_loop()
    self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
    self.thread.start()

  def _run(self, coroutine):
    return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(10)

  def open(self, target, tls=False):
    """A door to a port on loopback; the door's own port."""
    door = Door(target, tls)

    async def listen():
      async def enter(reader, writer):
        task = asyncio.current_task()
        self.busy.add(task)
        try:
          await self._converse(door, reader, writer)
        finally:
          self.busy.discard(task)

      server = await asyncio.start_server(enter, '127.0.0.1', 0, backlog=512,
                                          ssl=self.inside if tls else None)
      door.port = server.sockets[0].getsockname()[1]

    self._run(listen())
    return door.port

  def begin(self):
    self.interactions = []

  def finish(self):
    """What passed since begin(), once every conversation has ended."""
    async def wait():
      if self.busy:
        await asyncio.wait(list(self.busy), timeout=5)
    self._run(wait())
    return list(self.interactions)

  def close(self):
    self.loop.call_soon_threadsafe(self.loop.stop)
    self.thread.join(5)

  async def _converse(self, door, reader, writer):
    conversation = Conversation(door, lambda *args: self.interactions.append(args))
    try:
      up_reader, up_writer = await asyncio.open_connection(
          '127.0.0.1', door.target, ssl=self.outside if door.tls else None,
          server_hostname='a.localhost' if door.tls else None)
    except OSError:
      writer.close()
      return

    async def ask():
      try:
        while data := await reader.read(65536):
          conversation.requests.feed(data)
          up_writer.write(data)
          await up_writer.drain()
      except (ConnectionError, ssl.SSLError):
        pass

    async def answer():
      listening = True
      try:
        while data := await up_reader.read(65536):
          conversation.responses.feed(data)
          if listening:
            try:
              writer.write(data)
              await writer.drain()
            except (ConnectionError, ssl.SSLError):
              listening = False
      except (ConnectionError, ssl.SSLError):
        pass
      conversation.responses.close()

    answering = asyncio.create_task(answer())
    asking = asyncio.create_task(ask())
    await asyncio.wait([answering, asking], return_when=asyncio.FIRST_COMPLETED)
    for _ in range(200):  # the client is gone, but the answer may still be under way
      if answering.done() or not conversation.waiting:
        break
      await asyncio.sleep(0.01)
    asking.cancel()
    answering.cancel()
    for each in (writer, up_writer):
      each.close()
    await asyncio.gather(asking, answering, return_exceptions=True)


def quoted(text):
  """A YAML double-quoted scalar: JSON's, with what YAML cannot hold raw escaped as well."""
  escape = lambda match: f'\\u{ord(match[0]):04x}'
  unprintable = '[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]'
  return re.sub(unprintable, escape, json.dumps(text, ensure_ascii=False))


def scalar(data):
  try:
    return quoted(data.decode())
  except UnicodeDecodeError:
    return '!!binary ' + base64.b64encode(data).decode()


def field_lines(key, fields, indent):
  if not fields:
    return []
  names = {}
  for name, value in fields:
    names.setdefault(name, []).append(value)
  lines = [f'{indent}{key}:']
  for name, values in names.items():
    lines.append(f'{indent}  {quoted(name)}:')
    lines += [f'{indent}  - {scalar(value)}' for value in values]
  return lines


def message_lines(message, proto, length):
  major, minor = proto.split('/')[1].split('.')
  lines = [f'proto: {proto}', f'proto_major: {major}', f'proto_minor: {minor}']
  if message.chunked:
    lines += ['transfer_encoding:', '- chunked']
  lines += field_lines('trailer', message.trailers, '')
  if length:
    lines.append(f'content_length: {length}')
  lines.append(f'body: {scalar(message.body)}')
  lines += field_lines('headers', message.headers, '')
  return lines


def request_lines(door, request):
  length = -1 if request.chunked else len(request.body)
  return message_lines(request, 'HTTP/1.1', length) + [
      f'url: {quoted(door.url(request))}', f'method: {request.start.split()[0]}']


def response_lines(response, http2):
  version, code, reason = (response.start + '  ').split(' ', 2)
  length = response.get('content-length')
  length = int(length) if length else 0 if int(code) in BODYLESS else -1
  proto = version
  if http2:
    response, proto = as_http2(response), 'HTTP/2.0'
  return message_lines(response, proto, length) + [
      f'status: {quoted((code + " " + reason).strip())}', f'code: {code}']


def as_http2(response):
  """The response as HTTP/2 would have brought it: names in lower case, nothing of the hop."""
  hop = ('connection', 'keep-alive', 'transfer-encoding')
  changed = Message(response.start, [(name.lower(), value) for name, value in response.headers
                                     if name.lower() not in hop])
  changed.body = response.body
  return changed


def cassette_text(interactions, http2_port=None):
  """The cassette, go-vcr's version 2, in the compact layout with two spaces.

  What came by the door `http2_port` is written as HTTP/2 would have brought it.
  """
  lines = ['---', 'version: 2', 'interactions:' if interactions else 'interactions: []']
  for number, (door, request, response) in enumerate(interactions):
    lines += [f'- id: {number}', '  request:']
    lines += ['    ' + line for line in request_lines(door, request)]
    lines.append('  response:')
    lines += ['    ' + line for line in response_lines(response, door.port == http2_port)]
  return '\n'.join(lines) + '\n'


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--cert', required=True)
  parser.add_argument('--key', required=True)
  parser.add_argument('--tls', action='store_true')
  parser.add_argument('-o', '--output', required=True)
  parser.add_argument('port', type=int)
  options = parser.parse_args()
  capture = Capture(options.cert, options.key)
  print(capture.open(options.port, options.tls), flush=True)
  try:
    signal.pause()
  except KeyboardInterrupt:
    pass
  with open(options.output, 'w') as file:
    file.write(cassette_text(capture.finish()))
  return 0


if __name__ == '__main__':
  sys.exit(main())
