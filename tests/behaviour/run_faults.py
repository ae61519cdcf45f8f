#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Faults of the tape beside a TCP server that really misbehaves so.

The stock curl and a libcurl program in three of its loops must not be able to tell one from the
other: the same result, the same bytes, the same callbacks. Then what else a fault can be told:
which answers it strikes, how often, and that who asks again gets the answer. Prints TAP.
"""

import argparse
import concurrent.futures
import json
import os
import re
import sys
import tempfile

from misbehave import BODY, EVENTS, Misbehaving
from tap import (Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

ATTEMPTS = 3  # a busy machine glues together what a live server sends apart
TIMEOUT_MS = 500

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
    self.can_curl = stock_programs_run(preloaded_by(self.tapedeck))

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

  def curl(self, tape, options, *arguments, **env):
    return self.replay(tape, options, ['curl', '--no-progress-meter', *arguments], **env)

  # Beside the server

  def stock_curl(self, url, code, name, *prefix):
    out = os.path.join(self.folder, name + '.out')
    run = Run([*prefix, 'curl', '-sSNf', '-m', str(TIMEOUT_MS / 1000), '-o', out, '-w',
               '%{http_code} %{exitcode} %{errormsg}', url])
    body = b''
    if os.path.exists(out):
      with open(out, 'rb') as file:
        body = file.read()
      os.unlink(out)
    text = re.sub(r'after \d+ (ms|milliseconds)', r'after (some) \1', run.text() + run.err.decode())
    return run.code == code, run.code, text, body

  def program(self, url, code, mode, *prefix):
    run = Run([*prefix, self.drive, '--timeout', str(TIMEOUT_MS), mode, '1', url, '-'])
    text = re.sub(r'loop: .*\n', '', run.text())
    text = re.sub(r'after \d+ milliseconds', 'after (some) milliseconds', text)
    return f'result {code},' in text, run.code, text

  def alike(self, name, run, url, tape, options):
    """Runs both until they agree."""
    for _ in range(ATTEMPTS):
      live = run(url)
      taped = run(url, *self.offline, self.tapedeck, 'replay', '-q', *options, tape, '--')
      if live == taped and live[0]:
        break
    return live == taped and live[0], name, f'live: {live}\ntape: {taped}'

  def test_beside_a_server(self):
    jobs = []
    for (name, fault, code) in CASES:
      for framing in ('chunked', 'length'):
        if framing == 'length' and name not in WITH_LENGTH:
          continue
        url = f'http://127.0.0.1:{self.server.port}/{name}' + '/length' * (framing == 'length')
        tape = self.write(f'{name}-{framing}.yaml',
                          cassette(url, len(BODY) if framing == 'length' else None))
        options = ['--fault', fault] if fault else []
        if self.can_curl:
          jobs.append((f'{name}, {framing}: curl', lambda *rest, code=code, name=name + framing:
                       self.stock_curl(rest[0], code, name, *rest[1:]), url, tape, options))
        for mode in LOOPS:
          if not name.isdigit():  # not an error to a program that does not ask for one
            jobs.append((f'{name}, {framing}: {mode}', lambda *rest, code=code, mode=mode:
                         self.program(rest[0], code, mode, *rest[1:]), url, tape, options))
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
      for result in pool.map(lambda job: self.alike(*job), jobs):
        self.tap.result(*result)

  # Asking again

  def test_retries(self):
    """curl --retry heeds Retry-After; an interaction that was not played whole is free."""
    url = 'http://a.test/v1/chat/completions'
    tape = self.write('retry.yaml', cassette(url))
    if not self.can_curl:
      self.tap.skip('retries', 'the stock curl does not run under this sanitizer')
      return
    everything = ['--retry', '3', '--retry-all-errors', '-f']
    cases = [(['429'], ['--retry', '1'], 1), (['429@after:2s'], ['--retry', '1'], 2),
             (['529'], everything, 1), (['503@times:2'], ['-f', '--retry', '2'], 2),
             (['500', '429@request:2'], ['-f', '--retry', '2', '--retry-delay', '1'], 2),
             (['reset'], everything, 1), (['close@event:1'], everything, 1),
             (['empty'], everything, 1), (['stall', '429@request:2'], [*everything, '-m', '0.4'], 1)]

    def one(case):
      faults, retry, least = case
      options = [word for fault in faults for word in ('--fault', fault)]
      out = os.path.join(self.folder, ' '.join(faults) + '.retry')
      run = self.curl(tape, ['--strict', *options], *retry, '-o', out, '-w', '%{time_total}', url)
      with open(out, 'rb') as file:
        body = file.read()
      waited = run.err.count(b'Will retry in')
      requests = int(re.search(rb'(\d+) requests', run.err)[1])
      good = run.code == 0 and body == BODY and waited == requests - 1 >= 1
      seconds = sum(int(n) for n in re.findall(rb'Will retry in (\d+) second', run.err))
      return (good and seconds >= least and b'1 of 1 interactions played' in run.err,
              f'retried: {" and ".join(faults)}', run.story() + repr(body))

    with concurrent.futures.ThreadPoolExecutor(9) as pool:
      for result in pool.map(one, cases):
        self.tap.result(*result)

  # Which answers

  def codes(self, options, requests, count=6, head='', **env):
    """What a shell gets that asks `requests` times, each time in another process."""
    url = 'http://a.test/s'
    tape = self.write('codes.yaml', cassette(url, count=count, head=head))
    each = f"curl -s -o /dev/null -w '%{{http_code}}:%{{exitcode}} ' {url}; "
    run = self.replay(tape, ['-q', *options], ['sh', '-c', each * requests + 'true'], **env)
    return ' '.join(word.replace(':0', '').replace('200:', '') for word in run.text().split())

  def expect(self, name, got, want):
    self.tap.result(got == want, name, f'wanted: {want}\ngot:    {got}')

  def test_which_answers(self):
    if not self.can_curl:
      self.tap.skip('which answers', 'the stock curl does not run under this sanitizer')
      return
    fault = lambda *texts: [word for text in texts for word in ('--fault', text)]
    settings = 'tapedeck:\n  replay:\n    fault: [500@request:2, 404]\n'
    scenario = self.write('scenario.yaml', b'replay: {fault: [503@request:3], pace: none}\n')
    cases = [
        ('the first request', fault('500'), '500 200 200 200', {}),
        ('numbers run through all processes', fault('500@request:3'), '200 200 500 200', {}),
        ('a span of requests', fault('500@request:2-3'), '200 500 500 200', {}),
        ('several faults', fault('500@request:2', 'reset@request:4', '429@request:3'),
         '200 500 429 56', {}),
        ('the first that aims wins', fault('500', '503@request:1', '502'), '500 502 200 200', {}),
        ('an interaction, until it is played', fault('500@interaction:1'), '200 500 200 200', {}),
        ('together', fault('reset@interaction:1,event:3'), '200 56 200 200', {}),
        ('times', fault('500@times:3'), '500 500 500 200', {}),
        ('always', fault('500@times:all'), '500 500 500 500', {}),
        ('always, of one interaction', fault('500@interaction:1,times:all'), '200 500 500 500', {}),
        ('one after the other', fault('close') * 3, '18 18 18 200', {}),
        ('an event that is not there', fault('close@event:7'), '200 200 200 200', {}),
        ('a byte that is not there', fault('close@byte:9999'), '200 200 200 200', {}),
        ('in one text', ['--fault', '500@request:1; 503@request:2'], '500 503 200 200', {}),
        ('from the environment', [], '500 503 200 200', {'TAPEDECK_FAULT': '500 503@request:2'}),
        ('the option wins', fault('404@request:2'), '200 404 200 200', {'TAPEDECK_FAULT': '500'}),
        ('the scenario', ['--scenario', scenario], '200 200 503 200', {}),
        ('the scenario, from the environment', [], '200 200 503 200',
         {'TAPEDECK_SCENARIO': scenario}),
        ('the option wins over the scenario', ['--scenario', scenario, *fault('404@request:2')],
         '200 404 200 200', {}),
    ]
    for name, options, want, env in cases:
      self.expect(name, self.codes(options, 4, **env), want)
    self.expect('the cassette itself', self.codes([], 4, head=settings), '404 500 200 200')
    self.expect('the option wins over the cassette',
                self.codes(fault('429@request:3'), 4, head=settings), '200 200 429 200')
    self.expect('none of the cassette', self.codes(fault('none'), 4, head=settings),
                '200 200 200 200')
    self.expect('the scenario wins over the cassette',
                self.codes(['--scenario', scenario], 4, head=settings), '200 200 503 200')
    draws = {seed: self.codes(fault(f'500@random:{seed},30%'), 24, 24) for seed in (1, 2, 3)}
    self.expect('a seed is a seed', self.codes(fault('500@random:1,30%'), 24, 24), draws[1])
    struck = sum(text.split().count('500') for text in draws.values())
    self.tap.result(len(set(draws.values())) == 3 and 8 <= struck <= 40, 'about 30 % of three seeds',
                    repr(draws))
    self.expect('never', self.codes(fault('500@random:1,0%'), 4), '200 200 200 200')
    self.expect('always at random', self.codes(fault('500@random:1,100%'), 3), '500 500 500')
    replayed = self.codes(['--replayable', *fault('500@request:2', '429@request:4')], 5, 1)
    self.expect('of what is replayed', replayed, '200 500 200 429 200')

  # What a fault says

  def body_with(self, url, fault, *arguments, **shape):
    tape = self.write('body.yaml', cassette(url, **shape))
    return self.curl(tape, ['-q', '--fault', fault], *arguments, url)

  def test_places(self):
    if not self.can_curl:
      self.tap.skip('places', 'the stock curl does not run under this sanitizer')
      return
    url = 'http://a.test/s'
    half = len(BODY) // 2
    for fault, size, code in (('reset', half, 56), ('reset@byte:5', 5, 56), ('close@25%', half // 2, 18),
                              ('close@byte:0', 0, 18), ('reset@100%', len(BODY), 56),
                              ('truncate@byte:100', 100, 18), ('malformed@byte:100', 100, 56),
                              ('close@event:6', len(BODY), 18), ('stall@event:2,for:10ms', None, 0)):
      run = self.body_with(url, fault)
      self.check(run, f'{fault}: what comes before it', code, BODY[:size])
    for fault, size in (('reset@100%', -1), ('close@byte:17', 17), ('truncate', half)):
      run = self.body_with(url, fault, length=len(BODY))
      self.check(run, f'{fault} of a known length', 56 if 'reset' in fault else 18, BODY[:size])
    run = self.body_with(url, 'garbage@event:2', length=len(BODY))
    self.tap.result(run.code == 0 and run.out.startswith(b''.join(EVENTS[:2])) and
                    run.out.endswith(b''.join(EVENTS[2:])) and len(run.out) > len(BODY),
                    'garbage in a body of known length', run.story() + repr(run.out))
    crlf = BODY.replace(b'\n', b'\r\n')
    run = self.body_with(url, 'error@byte:60', body=crlf)
    self.tap.result(run.out.startswith(crlf[:crlf.index(b'\r\n\r\n', 55) + 4] + b'data: {"error"') and
                    run.out.endswith(b'}\r\n\r\n'), 'an error has the line ends of its stream',
                    repr(run.out))

  def test_providers(self):
    if not self.can_curl:
      self.tap.skip('providers', 'the stock curl does not run under this sanitizer')
      return
    error = lambda body: json.loads(body)['error']
    gemini = 'https://generativelanguage.googleapis.com/v1beta/models/x:streamGenerateContent?alt=sse'
    statuses = [
        ('https://api.openai.com/v1/chat/completions', '429',
         lambda body: error(body)['code'] == 'rate_limit_exceeded'),
        ('https://api.anthropic.com/v1/messages', '429',
         lambda body: error(body)['type'] == 'rate_limit_error'),
        ('https://api.anthropic.com/v1/messages', '529',
         lambda body: json.loads(body)['type'] == 'error' and error(body)['type'] == 'overloaded_error'),
        (gemini, '429', lambda body: error(body) == {**error(body), 'code': 429,
                                                     'status': 'RESOURCE_EXHAUSTED'}),
        (gemini, '503', lambda body: error(body)['status'] == 'UNAVAILABLE'),
        ('http://localhost:11434/api/chat', '500', lambda body: isinstance(error(body), str)),
        ('https://elsewhere.test/x', '500', lambda body: error(body)['type'] == 'server_error'),
    ]
    for url, status, good in statuses:
      run = self.body_with(url, status, '-i')
      head, _, body = run.out.partition(b'\r\n\r\n')
      retry = status in ('429', '503', '529')
      self.tap.result(head.startswith(f'HTTP/1.1 {status} '.encode()) and good(body) and
                      (b'Retry-After: 1' in head) == retry and b'application/json' in head,
                      f'{status} from {url.split("/")[2]}', run.story() + repr(run.out))
    errors = [('https://api.openai.com/v1/chat/completions', 'data', 'server_error'),
              ('https://api.openai.com/v1/responses', 'event: error', 'server_error'),
              ('https://api.anthropic.com/v1/messages', 'event: error', 'overloaded_error'),
              (gemini, 'data', 'UNAVAILABLE')]
    for url, start, word in errors:
      run = self.body_with(url, 'error@event:2')
      event = run.out[len(b''.join(EVENTS[:2])):].decode()
      data = json.loads(event.split('data: ')[1])
      self.tap.result(run.code == 0 and event.startswith(start) and word in event and
                      event.endswith('}\n\n') and 'error' in (data.get('type'), *data),
                      f'an error event of {url.split("/")[2]}', repr(run.out))
    run = self.body_with('http://localhost:11434/api/chat', 'error@event:0', kind='application/x-ndjson')
    self.tap.result(b'{"error":"' in run.out, 'an error line of ollama', repr(run.out))

  def test_broken_recordings(self):
    if not self.can_curl:
      self.tap.skip('broken recordings', 'the stock curl does not run under this sanitizer')
      return
    url = 'http://a.test/s'
    for broken, code in (('reset', 56), ('close', 18), ('abort', 18), ('stall', 28), ('timeout', 28)):
      for length in (None, len(BODY) + 10):
        tape = self.write('broken.yaml', cassette(url, length=length,
                                                  shape=f'    tapedeck:\n      broken: {broken}\n'))
        run = self.curl(tape, ['-q'], '-m', '0.3', url)
        self.check(run, f'recorded as broken: {broken}, {"of known length" if length else "chunked"}',
                   code, BODY)

  # What is said

  def test_told(self):
    url = 'http://a.test/s'
    tape = self.write('told.yaml', cassette(url))
    run = lambda *options, command=('true',), tape=tape: self.replay(tape, options, command)
    self.check(run('--fault', '429@request:9'), 'struck nothing', 0, b'',
               ["fault '429@request:9' struck nothing"])
    self.check(run('--strict', '--fault', '429@request:9'), 'struck nothing, strictly', 1)
    mistakes = [('--split', 'odd', 'no split'), ('--split', 'bytes:0', 'no split'),
                ('--split', 'random:', 'no split'), ('--pace', 'fast', 'no pace'),
                ('--pace', '0x', 'no pace'), ('--pace', 'tokens:0/s', 'no pace'),
                ('--pace', 'first:', 'no pace'),
                ('--fault', 'explode', 'no such kind'), ('--fault', '200', 'no such kind'),
                ('--fault', 'reset@', "behind '@'"), ('--fault', 'reset@event', "behind '@'"),
                ('--fault', 'reset@event:3,event:4', "behind '@'"),
                ('--fault', 'reset@request:0', "behind '@'"), ('--fault', 'reset@101%', "behind '@'"),
                ('--fault', 'reset@random:1', 'takes a share'),
                ('--fault', '429@event:3', 'no place inside'),
                ('--fault', 'error@head', 'in front of the head'),
                ('--fault', 'reset@for:1s', 'only stall'), ('--scenario', '/no/such', 'cannot open')]
    for option, value, words in mistakes:
      code = 3 if option == '--scenario' else 2
      self.check(run(option, value), f'{option} {value!r}', code, b'', [words])
    for text, place, words in (('replay:\n    fault: [explode]', ':5:', 'no such kind'),
                               ('replay:\n    splt: byte', ':5:', "no key 'splt'"),
                               ('replay: byte', ':4:', 'is a mapping')):
      bad = self.write('bad.yaml', cassette(url, head=f'tapedeck:\n  {text}\n'))
      self.check(run(tape=bad), f'a mistake in the cassette: {words}', 3, b'', [bad + place, words])


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
