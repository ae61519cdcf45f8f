#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A small HTTP proxy for the tests: requests with an absolute URL, and CONNECT.

    proxy.py [--auth basic|digest]      prints its port

With --auth it wants the user ada and the password secret; a request without is answered with 407.
Loopback only. Plain requests are forwarded one to a connection.
"""

import argparse
import asyncio
import base64
import hashlib
import re
import urllib.parse

REALM, NONCE = 'the proxy', '5ccc069c403ebaf9f0171e9517f40e41'


async def read_head(reader):
  """The request line and the header lines, or None at the end of the connection."""
  lines = []
  while line := (await reader.readline()):
    line = line.rstrip(b'\r\n')
    if not line:
      return lines
    lines.append(line.decode('latin-1'))
  return None


def value_of(lines, name):
  for line in lines[1:]:
    key, _, value = line.partition(':')
    if key.lower() == name:
      return value.strip()
  return ''


def is_allowed(lines, auth):
  given = value_of(lines, 'proxy-authorization')
  if not auth:
    return True
  if auth == 'basic':
    return given == 'Basic ' + base64.b64encode(b'ada:secret').decode()
  fields = {name: quoted or bare
            for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^\s,]+))', given)}
  md5 = lambda text: hashlib.md5(text.encode()).hexdigest()
  first = md5(f'ada:{REALM}:secret')
  second = md5(f'{lines[0].split()[0]}:{fields.get("uri")}')
  return fields.get('response') == md5(f'{first}:{NONCE}:{fields.get("nc")}:'
                                       f'{fields.get("cnonce")}:auth:{second}')


async def pour(reader, writer):
  try:
    while data := await reader.read(65536):
      writer.write(data)
      await writer.drain()
  except (ConnectionError, asyncio.CancelledError):
    pass
  finally:
    writer.close()


async def refuse(reader, writer, lines, auth):
  length = int(value_of(lines, 'content-length') or 0)
  if length and not value_of(lines, 'expect'):
    await reader.readexactly(length)
  challenge = f'Basic realm="{REALM}"' if auth == 'basic' else \
      f'Digest realm="{REALM}", nonce="{NONCE}", qop="auth", algorithm=MD5'
  writer.write(f'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: {challenge}\r\n'
               'Content-Type: text/plain\r\nContent-Length: 13\r\n\r\nwho are you?\n'.encode())
  await writer.drain()


async def serve(reader, writer, auth):
  try:
    while lines := await read_head(reader):
      method, target, version = lines[0].split()
      if not is_allowed(lines, auth):
        await refuse(reader, writer, lines, auth)
        continue
      url = urllib.parse.urlsplit(target if method != 'CONNECT' else '//' + target)
      host = '127.0.0.1' if url.hostname.endswith('localhost') else url.hostname
      there, back = await asyncio.open_connection(host, url.port or 80)
      if method == 'CONNECT':
        writer.write(b'HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n')
      else:
        path = (url.path or '/') + ('?' + url.query if url.query else '')
        kept = [line for line in lines[1:] if not line.lower().startswith(('proxy-', 'connection:'))]
        head = [f'{method} {path} {version}', *kept, 'Connection: close', '', '']
        back.write('\r\n'.join(head).encode('latin-1'))
      await asyncio.gather(pour(reader, back), pour(there, writer))
      break
  except (ConnectionError, asyncio.IncompleteReadError, OSError):
    pass
  finally:
    writer.close()


async def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--auth', choices=['basic', 'digest'])
  auth = parser.parse_args().auth
  server = await asyncio.start_server(lambda r, w: serve(r, w, auth), '127.0.0.1', 0)
  print(server.sockets[0].getsockname()[1], flush=True)
  await server.serve_forever()


if __name__ == '__main__':
  try:
    asyncio.run(main())
  except KeyboardInterrupt:
    pass
