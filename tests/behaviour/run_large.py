#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Large responses, which are written to the journal while they come: whole in the end, without a
secret at any time, and nothing of what did not end. Prints TAP."""

import argparse
import http.server
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time

import made_up
from tap import (Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

LARGE = 6_000_000


def filling(kind, size):
  """A body of that kind, the same each time."""
  chance = random.Random(kind)
  if kind == 'bytes':
    return chance.randbytes(size)
  if kind == 'zeros':
    return bytes(size)
  if kind == 'text':
    words = 'the quick brown fox (50 %) jumps, over 7 lazy dogs\n'.encode()
    return (words * (size // len(words) + 1))[:size]
  if kind == 'one run':
    return b'x' * size
  assert kind == 'json'
  return b'{"a":["' + b'word ' * ((size - 10) // 5) + b'"]}'


TYPES = {'bytes': 'application/octet-stream', 'json': 'application/json'}


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'

  def do_GET(self):
    kind, body, pause, cut = self.server.answers[self.path]
    self.send_response(200)
    self.send_header('Content-Type', TYPES.get(kind, 'text/plain'))
    self.send_header('Content-Length', str(len(body)))
    self.end_headers()
    for at in range(0, cut or len(body), 250_000):
      if pause:
        self.wfile.flush()
        time.sleep(pause)
      self.wfile.write(body[at:at + 250_000])
    self.close_connection = bool(cut)

  def log_message(self, *arguments):
    pass


class Server(http.server.ThreadingHTTPServer):
  daemon_threads = True

  def __init__(self):
    super().__init__(('127.0.0.1', 0), Handler)
    self.answers = {}
    threading.Thread(target=self.serve_forever, daemon=True).start()

  def handle_error(self, request, address):
    pass  # a client was killed

  def url(self, kind, body, pause=0, cut=0):
    path = f'/{len(self.answers)}'
    self.answers[path] = kind, body, pause, cut
    return f'http://127.0.0.1:{self.server_address[1]}{path}'


def files_of(folder):
  """Their contents, as they are at this moment."""
  for parent, _, names in os.walk(folder):
    for name in names:
      try:
        with open(os.path.join(parent, name), 'rb') as file:
          yield name, file.read()
      except OSError:
        pass  # gone meanwhile


class Suite:
  def __init__(self, tapedeck, folder):
    self.tap, self.tapedeck, self.folder = Tap(), tapedeck, folder
    self.server, self.count = Server(), 0

  def cassette(self):
    self.count += 1
    folder = os.path.join(self.folder, str(self.count))
    os.mkdir(folder)
    return os.path.join(folder, 'hello.yaml')

  def record(self, cassette, *command, options=()):
    return Run([self.tapedeck, 'record', *options, '-o', cassette, '--', *command])

  def play(self, cassette, url):
    return Run([*no_network(), self.tapedeck, 'replay', '-q', cassette, '--', 'curl', '-s', url])

  def left_alone(self, cassette):
    """Whether there is nothing beside it."""
    return set(os.listdir(os.path.dirname(cassette))) <= {os.path.basename(cassette)}

  def whole(self, kind):
    body = filling(kind, LARGE)
    url, cassette = self.server.url(kind, body), self.cassette()
    recorded = self.record(cassette, 'curl', '-s', url)
    played = self.play(cassette, url)
    self.tap.result(recorded.out == body and self.left_alone(cassette),
                    f'{kind}: recorded as it comes', recorded.story())
    self.tap.result(played.out == body, f'{kind}: plays as it came', played.story())

  def many(self):
    """At once, from one process."""
    bodies = [filling('bytes', 3_000_000 + i) for i in range(8)]
    urls = [self.server.url('bytes', body, pause=0.01) for body in bodies]
    cassette = self.cassette()
    recorded = self.record(cassette, 'curl', '-sZ',
                           *(part for url in urls for part in ('-o', '/dev/null', url)))
    played = [self.play(cassette, url).out for url in urls]
    self.tap.result(recorded.code == 0 and played == bodies and self.left_alone(cassette),
                    'eight at once are not mixed up', recorded.story())

  def secret(self, kind, at):
    """Looked for in all files while it comes, and in the end."""
    _, secret = made_up.secrets(5)[0]
    body = filling(kind, LARGE)
    body = body[:at] + b' ' + secret.encode() + b' ' + body[at:]
    url, cassette = self.server.url(kind, body, pause=0.02), self.cassette()
    process = subprocess.Popen([self.tapedeck, 'record', '-q', '-o', cassette, '--', 'curl', '-s', url],
                               stdout=subprocess.DEVNULL, env=clean_environment())
    # Not even half of it.
    needle, found, largest = secret.encode()[:len(secret) // 2], False, 0
    while process.poll() is None:
      for name, data in files_of(os.path.dirname(cassette)):
        found |= needle in data
        largest = max(largest, len(data) if name.startswith('body-') else 0)
    found |= any(needle in data for _, data in files_of(os.path.dirname(cassette)))
    self.tap.result(not found and largest <= at,
                    f'{kind}: a secret after {at} bytes is never on disk, {largest} were')
    before, after = body.split(secret.encode())
    played = self.play(cassette, url).out
    mark = played[len(before):len(played) - len(after)]
    self.tap.result(played == before + mark + after and re.fullmatch(rb'\[REDACTED:[a-z-]+\]', mark)
                    and self.left_alone(cassette), f'{kind}: and gives way after {at} bytes')

  def killed(self):
    """In the middle of it, and just behind."""
    body = filling('bytes', LARGE)
    url, cassette = self.server.url('bytes', body, pause=0.05), self.cassette()
    journal = cassette + '.journal'
    process = subprocess.Popen([self.tapedeck, 'record', '-q', '-o', cassette, '--', 'curl', '-s',
                                '-o', '/dev/null', url], env=clean_environment(),
                               start_new_session=True)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
      if any(name.startswith('body-') and data for name, data in files_of(journal)):
        break
      time.sleep(0.005)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    left = os.path.exists(journal)
    after = self.record(cassette, 'true')
    self.tap.result(left and after.code == 0 and self.left_alone(cassette) and
                    not os.path.exists(cassette), 'of one that was killed half-way nothing is left',
                    after.story())
    url = self.server.url('bytes', body)
    process = subprocess.Popen([self.tapedeck, 'record', '-q', '-o', cassette, '--', 'sh', '-c',
                                f'curl -s -o /dev/null {url} && echo done; exec sleep 60'],
                               env=clean_environment(), start_new_session=True,
                               stdout=subprocess.PIPE)
    process.stdout.readline()
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    after = self.record(cassette, 'true', options=['--mode', 'new'])
    self.tap.result(self.left_alone(cassette) and self.play(cassette, url).out == body,
                    'one that was whole is kept when all is killed behind it', after.story())

  def cut(self):
    body, cut = filling('text', LARGE), 4_000_000
    url, cassette = self.server.url('text', body, cut=cut), self.cassette()
    recorded = self.record(cassette, 'curl', '-s', url)
    self.tap.result(recorded.code == 18 and self.left_alone(cassette) and
                    not os.path.exists(cassette), 'one that breaks off is not recorded',
                    recorded.story())
    recorded = self.record(cassette, 'curl', '-s', url, options=['--keep-broken'])
    played = self.play(cassette, url)
    self.tap.result(recorded.code == 18 and played.code == 18 and played.out == body[:cut] and
                    self.left_alone(cassette), 'but is when that is asked for', recorded.story() + played.story())


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  options = parser.parse_args()
  tapedeck = os.path.join(find_build(options.build), 'cli', 'tapedeck')
  if not stock_programs_run(preloaded_by(tapedeck)):
    print('1..0 # SKIP the stock curl does not run under this sanitizer')
    return 0
  started = time.monotonic()
  with tempfile.TemporaryDirectory(prefix='large-') as folder:
    suite = Suite(tapedeck, folder)
    for kind in ('bytes', 'zeros', 'text', 'one run', 'json'):
      suite.whole(kind)
    suite.many()
    for kind in ('bytes', 'text', 'json'):
      for at in (100, 1_048_570, 3_000_000, LARGE):
        if kind != 'json' or at != LARGE:
          suite.secret(kind, at)
    suite.killed()
    suite.cut()
  suite.tap.note(f'{time.monotonic() - started:.1f} s')
  return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
