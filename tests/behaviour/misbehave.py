# SPDX-License-Identifier: MIT
"""A server that misbehaves, over real TCP: what the tape's faults are compared with.

The path says how: /KIND or /KIND/length, where the body has a Content-Length and is not chunked.
Each event is sent alone and is given time to arrive, so that each comes in a read of its own.
"""

import socket
import struct
import threading
import time

EVENTS = [b'data: {"n":%d,"text":"w\xc3\xb6rt \xf0\x9f\x98\x80"}\n\n' % n for n in range(6)]
BODY = b''.join(EVENTS)
ERROR = (b'data: {"error":{"message":"The server had an error while processing your request. Sorry '
         b'about that!","type":"server_error","param":null,"code":null}}\n\n')
GARBAGE = b'data: {"tapedeck":"garbage",\xff\xfe\x01\n\n'
STRIKES_AFTER = 3  # events
GAP = 0.01


def head(status='200 OK', length=None, kind='text/event-stream', more=''):
  framing = 'Transfer-Encoding: chunked' if length is None else f'Content-Length: {length}'
  return f'HTTP/1.1 {status}\r\nContent-Type: {kind}\r\n{more}{framing}\r\n\r\n'.encode()


class Misbehaving:
  def __init__(self):
    self.socket = socket.create_server(('127.0.0.1', 0), backlog=64)
    self.port = self.socket.getsockname()[1]
    self.done = threading.Event()
    threading.Thread(target=self.accept, daemon=True).start()

  def close(self):
    self.done.set()
    self.socket.close()

  def accept(self):
    while True:
      try:
        connection, _ = self.socket.accept()
      except OSError:
        return
      connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
      threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

  def serve(self, connection):
    try:
      while self.answer(connection):
        pass
    except OSError:
      pass
    finally:
      connection.close()

  def answer(self, connection):
    """One request; whether the connection goes on."""
    asked = b''
    while b'\r\n\r\n' not in asked:
      got = connection.recv(65536)
      if not got:
        return False
      asked += got
    kind, _, framing = asked.split()[1].decode().strip('/').partition('/')
    length = len(BODY) if framing == 'length' else None

    def send(data):
      connection.sendall(data)
      time.sleep(GAP)

    def chunk(data):
      send(b'%x\r\n%s\r\n' % (len(data), data) if length is None else data)

    def events(some):
      for event in some:
        chunk(event)

    if kind == 'empty':
      return False
    if kind == 'reset-head':
      return self.reset(connection)
    if kind == 'stall-head':
      self.done.wait(10)
      return False
    if kind.isdigit():
      text = b'{"error":{}}'
      send(head(kind + ' No', len(text), 'application/json', 'Retry-After: 1\r\n') + text)
      return True
    if kind == 'slow-headers':
      for byte in head(length=length):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)
    else:
      send(head(length=length))
    if kind in ('slow-headers', 'whole'):
      events(EVENTS)
      return self.finish(connection, length)
    events(EVENTS[:STRIKES_AFTER])
    following = EVENTS[STRIKES_AFTER]
    if kind == 'reset':
      return self.reset(connection)
    if kind == 'stall':
      self.done.wait(10)
    elif kind == 'truncate':
      if length is None:
        send(b'%x\r\n%s' % (len(following), following[:len(following) // 2]))
    elif kind == 'malformed':
      send(b'no length\r\n')
    elif kind == 'garbage':
      events([GARBAGE, *EVENTS[STRIKES_AFTER:]])
      return self.finish(connection, length)
    elif kind == 'error':
      chunk(ERROR)
      return self.finish(connection, length)
    return False

  @staticmethod
  def finish(connection, length):
    if length is None:
      connection.sendall(b'0\r\n\r\n')
    return True

  @staticmethod
  def reset(connection):
    time.sleep(0.05)  # what was sent is to be read first
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    return False
