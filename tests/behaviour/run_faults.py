#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Faults of the tape beside a TCP server that really misbehaves so.

The stock curl and a libcurl program in three of its loops must not be able to tell one from the
other: the same result, the same bytes, the same callbacks. Then what else a fault can be told:
which answers it strikes, how often, and that who asks again gets the answer. Prints TAP.
"""

import argparse
import json
import os
import re
import sys
import tempfile

from misbehave import BODY, EVENTS, Misbehaving
from tap import Run, Tap, clean_environment, find_build, no_network, stock_programs_run

ATTEMPTS = 3  # a busy machine glues together what a live server sends apart
TIMEOUT_MS = 700

# What the server does, the fault that is the same, and curl's exit code (with -f).
CASES = [
    ('whole', None, 0), ('reset', 'reset@event:3', 56), ('reset-head', 'reset@head', 56),
    ('close', 'close@event:3', 18), ('truncate', 'truncate@event:3', 18),
    ('malformed', 'malformed@event:3', 56), ('stall', 'stall@event:3', 28),
    ('stall-head', 'stall@head', 28), ('garbage', 'garbage@event:3', 0),
    ('error', 'error@event:3', 0), ('slow-headers', 'slow-headers', 28), ('empty', 'empty', 52),
    ('429', '429', 22), ('500', '500', 22), ('529', '529', 22),
]
WITH_LENGTH = {'whole', 'reset', 'close', 'truncate', 'stall', 'slow-headers'}
LOOPS = ('easy', 'perform-poll', 'epoll')


def cassette(url, length=None, count=1, head='', shape='', kind='text/event-stream', body=BODY):
  framing = ('    transfer_encoding:\n    - chunked\n    content_length: -1\n' if length is None
             else f'    content_length: {length}\n')
  text = f'---\nversion: 2\n{head}interactions:\n'
  for i in range(count):
    text += f"""- id: {i}
  request:
    proto: HTTP/1.1
    url: {url}
    method: GET
  response:
    proto: HTTP/1.1
{framing}    body: {json.dumps(body.decode(), ensure_ascii=False)}
    headers:
      Content-Type:
      - {kind}
    status: 200 OK
    code: 200
{shape}"""
  return text.encode()


class Suite:
  def __init__(self, build, folder):
    self.build, self.folder, self.tap = os.path.abspath(build), folder, Tap()
    self.tapedeck = os.path.join(self.build, 'cli', 'tapedeck')
    self.drive = os.path.join(self.build, 'tests', 'drive')
    self.offline, self.server = no_network(), Misbehaving()
    preload = Run([self.tapedeck, 'replay', '-q', self.write('none.yaml', cassette('http://a/')),
                   '--', 'sh', '-c', 'echo $LD_PRELOAD']).text()
    self.can_curl = stock_programs_run(preload.strip())

  def write(self, name, data):
    path = os.path.join(self.folder, name)
    with open(path, 'wb') as file:
      file.write(data)
    return path

  def replay(self, tape, options, command, **env):
    return Run([*self.offline, self.tapedeck, 'replay', *options, tape, '--', *command],
               env=clean_environment(**env))

  def check(self, run, name, code=0, out=None, err=()):
    text = run.err.decode('utf-8', 'replace')
    missing = [words for words in err if words not in text]
    self.tap.result(run.code == code and (out is None or run.out == out) and not missing,
                    f'{name}: exit {code}',
                    f'{run.story()}\n{run.out!r}\nnot said: {missing}' )

  # Beside the server

  def alike(self, name, live, tape, code=None):
    """Runs both until they agree; `live` and `tape` make a run's exit code and text."""
    for _ in range(ATTEMPTS):
      self.server.asked.clear()
      want, got = live(), tape()
      if want == got and code in (None, want[0]):
        break
    self.tap.result(want == got and code in (None, want[0]), name,
                    f'live: {want}\ntape: {got}\nexit code wanted: {code}')

  def curl(self, url, *prefix):
    out = os.path.join(self.folder, 'out')
    if os.path.exists(out):
      os.unlink(out)
    run = Run([*prefix, 'curl', '-sSNf', '-m', str(TIMEOUT_MS / 1000), '-o', out, '-w',
               '%{http_code} %{size_download} %{exitcode} %{errormsg}', url])
    body = b''
    if os.path.exists(out):
      with open(out, 'rb') as file:
        body = file.read()
    text = re.sub(r'after \d+ ms', 'after (some) ms', run.text() + run.err.decode())
    return run.code, re.sub(r'after \d+ milliseconds', 'after (some) milliseconds', text), body

  def drive_(self, mode, url, *prefix):
    run = Run([*prefix, self.drive, '--timeout', str(TIMEOUT_MS), mode, '1', url, '-'])
    text = re.sub(r'loop: .*\n', '', run.text())
    return run.code, re.sub(r'after \d+ milliseconds', 'after (some) milliseconds', text)

  def test_beside_a_server(self):
    for name, fault, code in CASES:
      for framing in ('chunked', 'length'):
        if framing == 'length' and name not in WITH_LENGTH:
          continue
        url = f'http://127.0.0.1:{self.server.port}/{name}'
        url += '/length' if framing == 'length' else ''
        data = cassette(url, len(BODY) if framing == 'length' else None)
        tape = self.write('tape.yaml', data)
        title = f'{name}, {framing}'
        prefix = [*self.offline, self.tapedeck, 'replay', '-q', *(['--fault', fault] if fault else []),
                  tape, '--']
        if self.can_curl:
          live = lambda: self.curl(url)
          if name.isdigit():  # the bodies of providers are longer
            live = lambda: (code, f'{name} {len_of_error(name)} {code} ', b'')
            live = None
          if live:
            self.alike(f'{title}: curl', live, lambda: self.curl(url, *prefix), code)
          else:
            run = self.curl(url, *prefix)
            self.tap.result(run[0] == code, f'{title}: curl: exit {code}', str(run))
        if name.isdigit():
          continue
        for mode in LOOPS:
          self.alike(f'{title}: {mode}', lambda: self.drive_(mode, url),
                     lambda: self.drive_(mode, url, *prefix))


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  parser.add_argument('test', nargs='*')
  options = parser.parse_args()
  with tempfile.TemporaryDirectory(prefix='tapedeck-faults-') as folder:
    suite = Suite(find_build(options.build), folder)
    for name in sorted(dir(suite)):
      if name.startswith('test_') and (not options.test or name[5:] in options.test):
        getattr(suite, name)()
    suite.server.close()
    return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
