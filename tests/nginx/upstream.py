#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The answers of the behaviour tests that nginx cannot give by itself.

Redirects to anywhere, Digest, cookies, chunked bodies with trailers, bodies that end with the
connection, paced event streams, an echo of the request. HTTP/1.1 only, in the plain and by TLS;
nginx stands before it where the other protocols are wanted. Nothing in an answer depends on the
time or on chance, so that two runs can be compared.
"""

import argparse
import asyncio
import gzip
import hashlib
import os
import re
import socket
import ssl
import struct
import sys
import urllib.parse
import zlib

REASONS = {200: 'OK', 201: 'Created', 202: 'Accepted', 204: 'No Content', 301: 'Moved Permanently',
           302: 'Found', 303: 'See Other', 304: 'Not Modified', 307: 'Temporary Redirect',
           308: 'Permanent Redirect', 401: 'Unauthorized', 404: 'Not Found',
           418: "I'm a teapot", 429: 'Too Many Requests',
           503: 'Service Unavailable', 599: 'Made Up'}
TEXT = [('Content-Type', 'text/plain')]
NONCE = 'dcd98b7102dd2f0e8b11d0f600bfb0c093'
REALM = 'the tape'


class Request:
  def __init__(self, method, target, version, headers):
    self.method, self.target, self.version, self.headers = method, target, version, headers
    self.path, _, self.query = target.partition('?')
    self.args = dict(urllib.parse.parse_qsl(self.query, keep_blank_values=True))
    self.body = b''
    self.trailers = []

  def get(self, name):
    return next((value for key, value in self.headers if key.lower() == name), None)


async def read_fields(reader):
  fields = []
  while line := (await reader.readline()).rstrip(b'\r\n'):
    name, _, value = line.decode('latin-1').partition(':')
    fields.append((name, value.strip()))
  return fields


async def read_request(reader, writer):
  """One request with its body, or None at the end of the connection."""
  line = await reader.readline()
  if not line.endswith(b'\r\n'):
    return None
  method, target, version = line.decode('latin-1').split()
  request = Request(method, target, version, await read_fields(reader))
  if request.get('expect') and request.path not in ('/up/no-continue', '/up/refuse-upload'):
    writer.write(b'HTTP/1.1 100 Continue\r\n\r\n')
  if request.path == '/up/refuse-upload':
    return request
  if (request.get('transfer-encoding') or '').lower() == 'chunked':
    while size := int((await reader.readline()).split(b';')[0], 16):
      request.body += await reader.readexactly(size)
      await reader.readline()
    request.trailers = await read_fields(reader)
  elif request.get('content-length'):
    request.body = await reader.readexactly(int(request.get('content-length')))
  return request


class Reply:
  """Writes one response; `close` says that the connection ends with it."""

  def __init__(self, request, writer):
    self.request, self.writer, self.close = request, writer, False

  def head(self, code, headers, version='HTTP/1.1'):
    lines = [f'{version} {code} {REASONS.get(code, "")}']
    lines += [f'{name}: {value}' for name, value in headers]
    self.writer.write('\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n')

  def whole(self, code, headers, body=b''):
    # One write: the program is to see the body in one piece.
    lines = [f'HTTP/1.1 {code} {REASONS.get(code, "")}']
    lines += [f'{name}: {value}' for name, value in headers]
    if code not in (204, 304):
      lines.append(f'Content-Length: {len(body)}')
    if self.close:
      lines.append('Connection: close')
    text = '\r\n'.join(lines).encode('latin-1') + b'\r\n\r\n'
    self.writer.write(text if self.request.method == 'HEAD' else text + body)

  async def chunks(self, headers, chunks, pause=0.0, trailers=()):
    self.head(200, headers + [('Transfer-Encoding', 'chunked')])
    if self.request.method == 'HEAD':
      return
    for chunk in chunks:
      if pause:
        await self.writer.drain()
        await asyncio.sleep(pause)
      self.writer.write(b'%x\r\n%s\r\n' % (len(chunk), chunk))
    if pause:
      await asyncio.sleep(pause)
    lines = ''.join(f'{name}: {value}\r\n' for name, value in trailers)
    self.writer.write(b'0\r\n' + lines.encode() + b'\r\n')


async def echo(reply, request):
  """The request as it came, but for what is random or differs by protocol: the boundary of parts,
  the case of names, what frames the body."""
  body, shown = request.body, []
  for name, value in request.headers:
    if match := re.search(r'boundary=(\S+)', value):
      body = body.replace(match[1].encode(), b'-' * len(match[1]))
      value = value.replace(match[1], '-' * len(match[1]))
    if name.lower() not in ('connection', 'content-length', 'transfer-encoding', 'expect'):
      shown.append(f'{name.lower()}: {value}')
  lines = [f'{request.method} {request.target}', *shown,
           f'body of {len(body)}: {hashlib.sha256(body).hexdigest()}']
  lines += [f'trailer {name}: {value}' for name, value in request.trailers]
  reply.whole(200, TEXT, '\n'.join(lines).encode('latin-1') + b'\n')


async def redirect(reply, request):
  headers = [('Location', request.args['to'])]
  if 'cookie' in request.args:
    headers.append(('Set-Cookie', f'{request.args["cookie"]}=crumb; Path=/up/'))
  reply.whole(int(request.args['code']), headers + TEXT, b'go on\n')


async def status(reply, request):
  reply.whole(int(request.args['code']), TEXT, b'as asked\n')


async def unavailable(reply, request):
  reply.whole(503, [('Retry-After', '120')] + TEXT, b'later\n')


async def strict_transport(reply, request):
  reply.whole(200, [('Strict-Transport-Security', 'max-age=31536000')] + TEXT, b'https only\n')


async def not_modified(reply, request):
  if request.get('if-none-match') == '"tag"':
    reply.whole(304, [('ETag', '"tag"')])
  else:
    reply.whole(200, [('ETag', '"tag"')] + TEXT, b'tagged\n')


async def chunked(reply, request):
  if request.query == 'none':
    pieces = []
  elif request.query == 'one':
    pieces = [b'all in one chunk\n']
  else:
    pieces = [b'alpha\n', b'beta\n', b'gamma\n']
  await reply.chunks(TEXT, pieces)


async def trailers(reply, request):
  await reply.chunks(TEXT + [('Trailer', 'X-Sum, X-Again')], [b'then trailers\n'],
                     trailers=[('X-Sum', '12'), ('X-Again', 'one'), ('X-Again', 'two')])


async def close_delimited(reply, request):
  reply.close = True
  headers = TEXT + [('Connection', 'close')]
  if request.query == 'length':
    headers.append(('Content-Length', '20'))
  reply.head(200, headers, 'HTTP/1.0' if request.query == 'http10' else 'HTTP/1.1')
  reply.writer.write(b'until it is closed.\n')


async def events(reply, request):
  count, pause = int(request.args['count']), int(request.args['ms']) / 1000
  chunks = [f'data: {{"event": {i}, "text": "{"olá" * i}"}}\n\n'.encode() for i in range(count)]
  await reply.chunks([('Content-Type', 'text/event-stream'), ('Cache-Control', 'no-cache')], chunks,
                     pause)


COMPRESSIBLE = b'the same words over and over again\n' * 100


async def gzipped(reply, request):
  body = gzip.compress(COMPRESSIBLE, mtime=0)
  reply.whole(200, TEXT + [('Content-Encoding', 'gzip')], body)


async def gzip_broken(reply, request):
  body = gzip.compress(COMPRESSIBLE, mtime=0)
  reply.whole(200, TEXT + [('Content-Encoding', 'gzip')], body[:20] + b'\xff' * 20)


async def deflated(reply, request):
  reply.whole(200, TEXT + [('Content-Encoding', 'deflate')], zlib.compress(COMPRESSIBLE))


async def odd_headers(reply, request):
  reply.whole(200, TEXT + [('X-Empty', ''), ('X-Twice', 'one'), ('X-Twice', 'two'),
                           ('x-lower', 'case'), ('X-UPPER', 'CASE'),
                           ('X-Long', 'long ' * 200 + '.'),
                           ('X-Colons', 'a: b: c'), ('X-Latin', 'caf\xe9'),
                           ('X-Quoted', '"a, b", c')], b'odd\n')


async def cookies_set(reply, request):
  far = 'Expires=Wed, 01 Jan 2098 00:00:00 GMT'
  reply.whole(200, TEXT + [('Set-Cookie', value) for value in (
      'plain=1', f'lasting=2; Path=/; {far}', 'pathed=3; Path=/up/', 'elsewhere=4; Path=/nowhere',
      'hidden=5; Path=/; HttpOnly', 'safe=6; Path=/; Secure', 'foreign=7; Domain=example.com',
      'named=8; Domain=a.localhost; Path=/', '__Secure-prefixed=9; Path=/; Secure',
      '__Host-prefixed=10; Path=/; Secure', 'gone=11; Expires=Thu, 01 Jan 1998 00:00:00 GMT',
      'quoted="a b"; Path=/', 'empty=; Path=/')], b'cookies\n')


async def cookies_clear(reply, request):
  reply.whole(200, TEXT + [('Set-Cookie', 'lasting=; Path=/; Max-Age=0')], b'one less\n')


async def cookies_secure(reply, request):
  reply.whole(200, TEXT + [('Set-Cookie', 'safe=1; Path=/; Secure'),
                           ('Set-Cookie', 'plain=2; Path=/')], b'cookies\n')


def digest_matches(request, password):
  given = request.get('authorization') or ''
  if not given.startswith('Digest '):
    return False
  fields = {name: quoted or bare
            for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given)}
  md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
  first = md5(f'ada:{REALM}:{password}')
  second = md5(f'{request.method}:{fields["uri"]}')
  wanted = md5(f'{first}:{NONCE}:{fields["nc"]}:{fields["cnonce"]}:auth:{second}')
  return fields['uri'] == request.target and fields['response'] == wanted


async def digest(reply, request):
  if digest_matches(request, 'secret'):
    body = f'welcome, with {len(request.body)} bytes\n'.encode()
    return reply.whole(200, TEXT, body)
  challenge = f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
  challenges = [('WWW-Authenticate', challenge)]
  if request.path == '/up/any':
    challenges.insert(0, ('WWW-Authenticate', f'Basic realm="{REALM}"'))
    if request.get('authorization') == 'Basic YWRhOnNlY3JldA==':
      return reply.whole(200, TEXT, b'welcome, in the clear\n')
  reply.whole(401, challenges + TEXT, b'who are you?\n')


async def stall(reply, request):
  """Half a body, and then nothing for longer than anybody waits."""
  reply.head(200, TEXT + [('Content-Length', '20')])
  reply.writer.write(b'first half')
  await reply.writer.drain()
  await asyncio.sleep(60)
  reply.close = True


async def die(reply, request):
  """Ends the connection: before the head, in the middle of it, in the body."""
  reply.close = True
  where = request.args['where']
  if where == 'head':
    reply.writer.write(b'HTTP/1.1 200 OK\r\nContent-Ty')
  elif where == 'length':
    reply.head(200, TEXT + [('Content-Length', '20')])
    reply.writer.write(b'first half')
  elif where == 'chunked':
    reply.head(200, TEXT + [('Transfer-Encoding', 'chunked')])
    reply.writer.write(b'5\r\nfirst\r\n9\r\nha')
  elif where == 'reset':
    reply.head(200, TEXT + [('Content-Length', '20')])
    reply.writer.write(b'first half')
    await reply.writer.drain()
    await asyncio.sleep(0.1)
    linger = struct.pack('ii', 1, 0)
    reply.writer.get_extra_info('socket').setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    reply.writer.transport.abort()
    return
  await reply.writer.drain()


FLAKY = {}


async def flaky(reply, request):
  """503 every other time."""
  FLAKY[request.query] = FLAKY.get(request.query, 0) + 1
  if FLAKY[request.query] % 2:
    reply.whole(503, TEXT, b'try again\n')
  else:
    reply.whole(200, TEXT, b'at last\n')


async def early_hints(reply, request):
  reply.writer.write(b'HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n')
  reply.whole(200, TEXT, b'hinted\n')


async def refuse_upload(reply, request):
  """The head of the request was enough: what comes behind it is not read."""
  reply.close = True
  reply.whole(413, TEXT, b'too much\n')
  await reply.writer.drain()
  await asyncio.sleep(0.3)  # a reset would take the answer away from who is still sending


async def attachment(reply, request):
  reply.whole(200, TEXT + [('Content-Disposition', 'attachment; filename="report.txt"')],
              b'attached\n')


async def big(reply, request):
  size = int(request.args['size'])
  reply.whole(200, [('Content-Type', 'application/octet-stream')], bytes(range(256)) * (size // 256))


async def git(reply, request):
  """git-http-backend, as CGI has it."""
  env = {'PATH': os.environ['PATH'], 'GIT_PROJECT_ROOT': GIT_ROOT, 'GIT_HTTP_EXPORT_ALL': '1',
         'PATH_INFO': request.path[len('/git'):], 'QUERY_STRING': request.query,
         'REQUEST_METHOD': request.method, 'CONTENT_TYPE': request.get('content-type') or '',
         'CONTENT_LENGTH': str(len(request.body)), 'REMOTE_USER': 'ada', 'REMOTE_ADDR': '127.0.0.1',
         'HTTP_CONTENT_ENCODING': request.get('content-encoding') or '',
         'GIT_PROTOCOL': request.get('git-protocol') or '', 'GIT_CONFIG_NOSYSTEM': '1',
         'HOME': GIT_ROOT, 'GIT_CONFIG_COUNT': '2', 'GIT_CONFIG_KEY_0': 'safe.directory',
         'GIT_CONFIG_VALUE_0': '*', 'GIT_CONFIG_KEY_1': 'pack.threads', 'GIT_CONFIG_VALUE_1': '1'}
  pipe = asyncio.subprocess.PIPE
  backend = await asyncio.create_subprocess_exec('git', 'http-backend', stdin=pipe, stdout=pipe,
                                                 env=env)
  answer, _ = await backend.communicate(request.body)
  head, _, body = answer.partition(b'\r\n\r\n')
  headers = [tuple(line.decode().split(': ', 1)) for line in head.split(b'\r\n')]
  code = next((int(value.split()[0]) for name, value in headers if name == 'Status'), 200)
  reply.whole(code, [pair for pair in headers if pair[0] != 'Status'], body)


GIT_ROOT = ''
PLACES = {
    '/up/echo': echo, '/up/fresh-only': echo, '/up/no-continue': echo, '/up/./x/../echo': echo,
    '/up/redirect': redirect,
    '/up/status': status, '/up/unavailable': unavailable, '/up/not-modified': not_modified,
    '/up/chunked': chunked, '/up/trailers': trailers, '/up/close-delimited': close_delimited,
    '/up/events': events, '/up/gzip': gzipped, '/up/gzip-broken': gzip_broken,
    '/up/deflate': deflated, '/up/odd-headers': odd_headers, '/up/cookies/set': cookies_set,
    '/up/cookies/clear': cookies_clear, '/up/cookies/secure': cookies_secure,
    '/up/strict-transport': strict_transport, '/up/digest': digest, '/up/any': digest, '/': echo,
    '/up/stall': stall, '/up/die': die, '/up/flaky': flaky, '/up/early-hints': early_hints,
    '/up/refuse-upload': refuse_upload, '/up/attachment': attachment, '/up/big': big,
}


async def serve(reader, writer):
  served = 0
  try:
    while request := await read_request(reader, writer):
      if served and request.path == '/up/fresh-only':
        break  # as if it had been closed a moment before
      served += 1
      reply = Reply(request, writer)
      reply.close = (request.get('connection') or '').lower() == 'close'
      place = git if request.path.startswith('/git/') else PLACES.get(request.path)
      if place:
        await place(reply, request)
      else:
        reply.whole(404, TEXT, b'no such place\n')
      await writer.drain()
      if reply.close:
        break
  except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError):
    pass
  finally:
    writer.close()


async def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--cert', required=True)
  parser.add_argument('--key', required=True)
  parser.add_argument('--git', default='', help='where repositories are')
  options = parser.parse_args()
  global GIT_ROOT
  GIT_ROOT = options.git
  context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
  context.load_cert_chain(options.cert, options.key)
  context.set_alpn_protocols(['http/1.1'])
  plain = await asyncio.start_server(serve, '127.0.0.1', 0, backlog=512)
  secure = await asyncio.start_server(serve, '127.0.0.1', 0, ssl=context, backlog=512)
  ports = [server.sockets[0].getsockname()[1] for server in (plain, secure)]
  print(*ports, flush=True)
  await asyncio.gather(plain.serve_forever(), secure.serve_forever())


if __name__ == '__main__':
  try:
    asyncio.run(main())
  except KeyboardInterrupt:
    sys.exit(0)
