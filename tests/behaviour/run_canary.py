#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether a secret ever lands on disk.

Programs send made-up secrets, canaries, in every place where secrets are sent, to a server that sends
some back. While they are recorded, after they were killed at a random moment, and in the end, no
file below the working and the temporary folder holds one, in any encoding. The program itself still
gets the real ones, and the cassette still plays to it.

    run_canary.py [--build DIR] [--kills N]      200 kills are the long run; 10 are made by default

Prints TAP.
"""

import argparse
import base64
import http.server
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import made_up
from tap import (Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

LETTERS = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghjkmnpqrstuvwxyz23456789'


class Canaries:
  """Secrets by the place where they are sent, the same in each run."""

  NAMES = ('authorization', 'x-api-key', 'api-key', 'x-goog-api-key', 'cookie',
           'proxy-authorization', 'user', 'password', 'query', 'json', 'form', 'set-cookie', 'shape',
           'environment')

  def __init__(self, seed):
    chance = random.Random(seed)
    # Something that every encoding changes.
    self.of = {name: 'kY/' + ''.join(chance.choice(LETTERS) for _ in range(32)) + '+"'
               for name in self.NAMES}
    plain = lambda size: ''.join(chance.choice(LETTERS) for _ in range(size))
    for name in ('authorization', 'cookie', 'set-cookie', 'user', 'password', 'environment'):
      self.of[name] = plain(36)
    self.of['shape'] = 'sk-proj-' + plain(74) + 'T3Blbk' + 'FJ' + plain(74)
    # One for each rule that knows a secret by its form.
    self.table = [secret for _, secret in made_up.secrets(seed)]

  def needles(self):
    """What to look for: each secret in each encoding, and the name of its place."""
    table = [(f'rule {i}', secret) for i, secret in enumerate(self.table)]
    for name, secret in [*self.of.items(), *table]:
      raw = secret.encode()
      forms = {raw, urllib.parse.quote(secret, safe='').encode(),
               urllib.parse.quote_plus(secret).encode(), json.dumps(secret)[1:-1].encode(),
               json.dumps(secret)[1:-1].replace('/', r'\/').encode()}
      for shift in range(3):  # what base64 makes of it depends on where it begins
        coded = base64.b64encode(b'\0' * shift + raw)
        forms.add(coded[4 if shift else 0:len(coded) - 4])
      for form in forms:
        yield name, form


def find_canaries(folders, needles):
  """Where a needle is found, and in which file."""
  found = set()
  for folder in folders:
    for parent, _, files in os.walk(folder):
      for file in files:
        path = os.path.join(parent, file)
        try:
          with open(path, 'rb') as handle:
            data = handle.read()
        except OSError:
          continue  # gone meanwhile, or a socket
        found |= {(path, name) for name, needle in needles if needle in data}
  return found


class Watcher(threading.Thread):
  """Looks through the folders again and again."""

  def __init__(self, folders, needles):
    super().__init__(daemon=True)
    self.folders, self.needles, self.found, self.rounds = folders, needles, set(), 0
    self.ending = threading.Event()

  def run(self):
    while not self.ending.is_set():
      self.found |= find_canaries(self.folders, self.needles)
      self.rounds += 1
      time.sleep(0.002)

  def end(self):
    self.ending.set()
    self.join()
    return self.found


class Server(http.server.ThreadingHTTPServer):
  daemon_threads = True

  def __init__(self, canaries):
    super().__init__(('127.0.0.1', 0), Handler)
    self.canaries, self.heard = canaries, []
    threading.Thread(target=self.serve_forever, daemon=True).start()

  def handle_error(self, request, address):
    pass  # a client was killed

  @property
  def url(self):
    return f'http://127.0.0.1:{self.server_address[1]}'


class Handler(http.server.BaseHTTPRequestHandler):
  protocol_version = 'HTTP/1.1'

  def answer(self):
    body = self.rfile.read(int(self.headers.get('Content-Length') or 0))
    self.server.heard.append((self.path, dict(self.headers), body))
    of = self.server.canaries.of
    if 'table' in self.path:
      self.reply('application/json', body.decode(), of)
      return
    if 'said-back' in self.path:
      self.reply('text/plain', self.said_back(), of)
      return
    half = len(of['shape']) // 2  # a stream that cuts a secret in two
    events = ''.join(f'data: {json.dumps({"choices": [{"index": 0, "delta": {"content": part}}]})}\n\n'
                     for part in ('the key is ', of['shape'][:half], of['shape'][half:]))
    text = events if 'stream' in self.path else json.dumps(
        {'access_token': of['json'], 'said': f'use {of["shape"]} and {of["environment"]}'})
    self.reply('text/event-stream' if 'stream' in self.path else 'application/json', text, of)

  def said_back(self):
    """The request but for its cookies, as a server shows it that is asked to: in several encodings,
    and far apart."""
    del self.headers['Cookie']
    seen = f'{self.path}\n{self.headers}'
    filler = 'Nothing to see in this line of the text that is in between.\n'
    return filler.join([seen, urllib.parse.quote(seen), json.dumps(seen),
                        base64.b64encode(seen.encode()).decode(), filler * 25000, seen])

  def reply(self, content_type, text, of):
    self.send_response(200)
    self.send_header('Content-Type', content_type)
    self.send_header('Content-Length', str(len(text.encode())))
    self.send_header('Set-Cookie', f'session={of["set-cookie"]}; Path=/')
    self.end_headers()
    self.wfile.write(text.encode())

  do_GET = do_POST = answer

  def log_message(self, *arguments):
    pass


def script(url, canaries, rounds, folder):
  """A shell script that sends every canary, some rounds of it."""
  of = canaries.of
  quote = lambda text: "'" + text.replace("'", "'\\''") + "'"
  authority = url.split('//')[1]
  user = f'{of["user"]}:{of["password"]}@'
  headers = [f'Authorization: Bearer {of["authorization"]}', f'x-api-key: {of["x-api-key"]}',
             f'api-key: {of["api-key"]}', f'x-goog-api-key: {of["x-goog-api-key"]}',
             f'Cookie: sid={of["cookie"]}', f'Proxy-Authorization: Basic {of["proxy-authorization"]}']
  flags = ' '.join('-H ' + quote(header) for header in headers)
  body = json.dumps({'api_key': of['json'], 'messages': [f'my key is {of["shape"]}'], 'n': 1})
  key = urllib.parse.quote(of['query'], safe='')
  form = urllib.parse.quote(of['form'], safe='')
  table = os.path.join(folder, 'table.json')
  with open(table, 'w', encoding='utf-8') as file:
    json.dump({'messages': [f'one of them is {secret} and so on' for secret in canaries.table]}, file)
  lines = []
  for i in range(rounds):
    lines += [
        f'curl -si {flags} {quote(f"{url}/headers/{i}")}',
        f'curl -si {quote(f"http://{user}{authority}/user/{i}")}',
        f'curl -si {quote(f"{url}/query/{i}?key={key}&x=1")}',
        f'curl -si -H "Content-Type: application/json" -d {quote(body)} {quote(f"{url}/json/{i}")}',
        f'curl -si -d {quote(f"client_secret={form}&x=1")} {quote(f"{url}/form/{i}")}',
        f'curl -si -d {quote(body)} {quote(f"{url}/no-form/{i}")}',
        f'curl -si -d {quote(of["shape"] + "&x=1")} {quote(f"{url}/bare/{i}")}',
        f'curl -si -H "Content-Type: application/json" -d @{table} {quote(f"{url}/table/{i}")}',
        f'curl -si {flags} {quote(f"{url}/said-back/{i}?key={key}")}',
        f'curl -siN -H "x-trace: {of["environment"]}" {quote(f"{url}/stream/{i}")}',
    ]
  return '\n'.join(lines) + '\n'


def without_dates(text):
  return b'\n'.join(line for line in text.splitlines() if not line.startswith(b'Date:'))


class Canary:
  def __init__(self, options, folder):
    self.tapedeck = os.path.join(find_build(options.build), 'cli', 'tapedeck')
    self.work, self.temp, self.given = (os.path.join(folder, name)
                                        for name in ('work', 'temp', 'given'))
    for each in (self.work, self.temp, self.given):
      os.mkdir(each)
    self.canaries = Canaries(7)
    self.needles = list(self.canaries.needles())
    self.server = Server(self.canaries)
    self.env = clean_environment(TMPDIR=self.temp, MY_SERVICE_TOKEN=self.canaries.of['environment'])

  def found(self):
    return find_canaries((self.work, self.temp), self.needles)

  def record(self, tap):
    command = script(self.server.url, self.canaries, 4, self.given)
    live = Run(['sh', '-c', command], env=self.env)
    watcher = Watcher((self.work, self.temp), self.needles)
    watcher.start()
    recorded = Run([self.tapedeck, 'record', '-o', 'tape.yaml', '--', 'sh', '-c', command],
                   env=self.env, cwd=self.work)
    found = watcher.end()
    tap.result(recorded.code == 0 and without_dates(live.out) == without_dates(recorded.out),
               'the program sends and gets the real secrets while it is recorded', recorded.story())
    heard = repr(self.server.heard)
    tap.result(all(self.canaries.of[name] in heard or json.dumps(self.canaries.of[name])[1:-1] in heard
                   for name in ('authorization', 'x-api-key', 'api-key', 'cookie')),
               'the server got the real ones')
    tap.result(not found and watcher.rounds > 5,
               f'none is on disk while it is recorded ({watcher.rounds} looks)', str(found))
    tap.result(not self.found(), 'none is on disk in the end', str(self.found()))
    seen = live.out + recorded.err
    tap.result(not any(needle in recorded.err for _, needle in self.needles) and bool(seen),
               'none is in what tapedeck says', recorded.story())
    played = Run([*no_network(), self.tapedeck, 'replay', '--strict', 'tape.yaml', '--', 'sh', '-c',
                  command], env=self.env, cwd=self.work)
    tap.result(played.code == 0 and played.out.count(b'HTTP/1.1 200') == 40,
               'what was scrubbed plays to the same program', played.story())
    other = Canaries(8)
    played = Run([*no_network(), self.tapedeck, 'replay', 'tape.yaml', '--', 'sh', '-c',
                  script(self.server.url, other, 4, self.given)], env=self.env, cwd=self.work)
    tap.result(played.code == 0 and played.out.count(b'HTTP/1.1 200') == 40,
               'and to one with other keys', played.story())

  def kill(self, tap, kills):
    command = script(self.server.url, self.canaries, 20, self.given)
    chance, found = random.Random(3), set()
    for _ in range(kills):
      process = subprocess.Popen([self.tapedeck, 'record', '--mode', 'new', '-o', 'killed.yaml',
                                  '--', 'sh', '-c', command], env=self.env, cwd=self.work,
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                 start_new_session=True)
      time.sleep(chance.uniform(0.01, 0.5))
      os.killpg(process.pid, signal.SIGKILL)
      process.wait()
      found |= self.found()
    tap.result(not found, f'none is on disk after {kills} kills at random', str(found))
    leftover = Run([self.tapedeck, 'record', '--mode', 'new', '-o', 'killed.yaml', '--', 'true'],
                   env=self.env, cwd=self.work)
    tap.result(leftover.code == 0 and not self.found() and
               not os.path.exists(os.path.join(self.work, 'killed.yaml.journal')),
               'and what they left is merged without one', leftover.story() + str(self.found()))


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  parser.add_argument('--kills', type=int, default=10)
  options = parser.parse_args()
  tap = Tap()
  tapedeck = os.path.join(find_build(options.build), 'cli', 'tapedeck')
  if not stock_programs_run(preloaded_by(tapedeck)):
    print('1..0 # SKIP the stock curl does not run under this sanitizer')
    return 0
  with tempfile.TemporaryDirectory(prefix='canary-') as folder:
    canary = Canary(options, folder)
    canary.record(tap)
    canary.kill(tap, options.kills)
  return tap.finish()


if __name__ == '__main__':
  sys.exit(main())
