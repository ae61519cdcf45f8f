#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The command as a user types it: answers, misses, mistakes, bad cassettes. Prints TAP."""

import argparse
import json
import os
import sys
import tempfile

from tap import (ROOT, Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

SEEDS = os.path.join(ROOT, 'testdata', 'seeds')
HELLO = os.path.join(SEEDS, 'openai-chat-hello.yaml')
WEATHER = os.path.join(SEEDS, 'openai-chat-weather-tool.yaml')
URL = 'https://api.openai.com/v1/chat/completions'

OK = b"""---
version: 2
interactions:
- id: 0
  request:
    url: http://a.test/x
    method: GET
  response:
    body: hello
    status: 200 OK
    code: 200
"""


class Suite:
  def __init__(self, build, folder):
    self.tap = Tap()
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.folder = folder
    self.body = os.path.join(folder, 'body.json')
    shown = Run([self.tapedeck, 'show', '--request-body', HELLO])
    self.write('body.json', shown.out)

  def write(self, name, data):
    path = os.path.join(self.folder, name)
    with open(path, 'wb') as f:
      f.write(data)
    return path

  def run(self, *arguments, **options):
    return Run(no_network() + [self.tapedeck, *arguments], **options)

  def curl(self, *arguments, cassettes=(HELLO,), options=(), **more):
    return self.run('replay', *options, *cassettes, '--', 'curl', '-sS', *arguments, **more)

  def check(self, run, name, code=0, out=None, err=()):
    """Exit code, all of standard output, and what standard error has to say."""
    problems = []
    if run.code != code:
      problems.append(f'exit code {run.code}, not {code}')
    if out is not None and run.out != out:
      problems.append(f'standard output: {run.out[:500]!r}, not {out[:500]!r}')
    for text in err:
      if text not in run.err.decode('utf-8', 'replace'):
        problems.append(f'standard error does not say: {text}')
    self.tap.result(not problems, name, '\n'.join(problems + [run.story()]))

  # What is asked and answered

  def test_help(self):
    run = self.run('--help')
    self.check(run, 'help names every command', out=run.out)
    names = [line.split()[0] for line in run.text().splitlines()
             if line.startswith('  ') and not line.startswith('  tapedeck')]
    self.tap.result(set(names) >= {'replay', 'show'}, 'help lists replay and show')
    for name in ('replay', 'show'):
      self.check(self.run(name, '--help'), f'{name} --help', err=())
      self.check(self.run('help', name), f'help {name}')
    self.check(self.run('--version'), 'version', out=b'tapedeck 0.1.0\n')

  def test_usage(self):
    for arguments, says in (
        ([], "no command"), (['nosuch'], "no command 'nosuch'"),
        (['replay'], 'no cassette'), (['replay', '--', 'true'], 'no cassette'),
        (['replay', HELLO], 'no command'), (['replay', HELLO, '--'], 'no command'),
        (['replay', '--nosuch', HELLO, '--', 'true'], "no option '--nosuch'"),
        (['record', 'x', '-Q', '--', 'true'], "no option '-Q'"),
        (['record', '-o', 'x', 'curl', '-sS', URL], "no command: it goes behind '--'"),
        (['record', '-o'], "no command: it goes behind '--'"),
        (['replay', '--passthrough', 'http://a.test', HELLO, '--', 'true'], 'wants a host'),
        (['show'], 'no cassette'), (['show', HELLO, WEATHER], 'one cassette at a time'),
        (['show', HELLO + '#x'], "'x' is not the id"), (['show', HELLO + '#7'], 'has the id 7'),
        (['show', '--request-body', WEATHER], 'say which'),
        (['show', '--request-body', '--response-body', HELLO], 'one body at a time')):
      run = self.run(*arguments)
      self.check(run, 'usage: ' + ' '.join(os.path.basename(a) for a in arguments), 2, b'', [says])

  def test_show(self):
    listing = self.run('show', WEATHER).text()
    self.tap.result('2 interactions' in listing and '#0 POST ' + URL in listing
                    and '#1 POST ' + URL in listing, 'show lists the interactions', listing)
    whole = self.run('show', WEATHER + '#1').text()
    self.tap.result('Content-Type: text/event-stream' in whole and 'data: [DONE]' in whole
                    and '#0' not in whole, 'show #1 is one interaction, whole', whole)
    self.tap.result(json.loads(self.run('show', '--request-body', HELLO).out)['model'] == 'gpt-4o',
                    'show --request-body is the raw body')
    binary = self.write('binary.yaml', OK.replace(b'body: hello', b'body: !!binary AAECAxv/'))
    self.check(self.run('show', '--response-body', binary), 'bytes of any kind are shown raw',
               out=b'\0\1\2\3\x1b\xff')
    run = self.run('show', binary + '#0')
    self.tap.result(run.code == 0 and b'\x1b' not in run.out and b'6 bytes that are not text' in
                    run.out, 'nothing but text goes to a terminal', run.story())
    self.check(self.run('show', '--response-body', '-', data=OK), 'show reads standard input',
               out=b'hello')
    full = Run(['sh', '-c', f'{self.tapedeck} show {HELLO} >/dev/full'])
    self.check(full, 'a full disk is an error', 3, err=['cannot write to standard output'])
    named = self.write('a#1', OK)
    self.check(self.run('show', '--response-body', named), 'a # can be in a file name',
               out=b'hello')

  def test_answers(self):
    response = self.run('show', '--response-body', HELLO).out
    asked = ['-d', '@' + self.body, URL]
    run = self.curl(*asked)
    self.check(run, 'the answer is on the tape', out=response,
               err=['1 request: 1 answered, 0 missed; 1 of 1 interactions played'])
    self.tap.result(len(run.err.splitlines()) == 1, 'the summary is one line', run.story())
    self.check(self.curl(*asked, options=['--quiet']), 'quiet says nothing', out=response)
    self.tap.result(self.curl(*asked, options=['-q']).err == b'', 'quiet is quiet')
    self.check(self.run('replay', HELLO, '-q', '--', 'curl', '-sS', *asked),
               'options may follow cassettes', out=response)
    third = self.run('replay', WEATHER, HELLO, '-q', '--', 'curl', '-sS', *asked)
    self.check(third, 'several cassettes are one deck', out=response)
    script = f'for i in 1 2 3; do curl -sS -d @{self.body} {URL} || exit; done'
    self.check(self.run('replay', '--replayable', HELLO, '--', 'sh', '-c', script),
               'replayable plays again', out=response * 3, err=['3 requests: 3 answered'])
    strange = self.write('a:b \\c.yaml', open(HELLO, 'rb').read())
    self.check(self.curl(*asked, cassettes=[strange]), 'colon, space and backslash in a name',
               out=response)
    self.check(self.run('replay', os.path.basename(strange), '--', 'sh', '-c',
                        f'cd / && curl -sS -d @{self.body} {URL}', cwd=self.folder),
               'a relative name, and a command that changes folders', out=response)
    stdin = self.run('replay', HELLO, '--', 'curl', '-sS', '--data-binary', '@-', URL,
                     data=open(self.body, 'rb').read())
    self.check(stdin, "standard input is the command's", out=response)

  def test_misses(self):
    body = json.load(open(self.body))
    body['messages'][1]['content'] = 'Say hi in Spanish'
    other = self.write('other.json', json.dumps(body).encode())
    run = self.curl('-d', '@' + other, URL)
    self.check(run, "a miss fails the transfer, and curl's failure passes through", 52, b'', [
        'curl: (52) tapedeck: not on the tape: POST ' + URL,
        'request 1 is not on the tape: POST ' + URL,
        'nearest is interaction 0',
        HELLO + ':4',
        'body: /messages/1/content: asked "Say hi in Spanish", recorded "Say hi in Portuguese"',
        '1 request: 0 answered, 1 missed'])
    differs = [line for line in run.err.decode().splitlines() if line.startswith('    ')]
    self.tap.result(differs[0] == '    message 2 (user) changed' and len(differs) == 2, 'and nothing else is said to differ', run.story())
    swallowed = self.run('replay', HELLO, '--', 'sh', '-c', f'curl -s -d @{other} {URL}; true')
    self.check(swallowed, 'a swallowed miss fails the whole', 1, b'', ['is not on the tape'])
    silent = self.run('replay', HELLO, '--', 'sh', '-c',
                      f'curl -s -d @{other} {URL} 2>/dev/null; true')
    self.check(silent, 'a program that hides its standard error does not hide the miss', 1, b'',
               ['is not on the tape'])
    twice = self.run('replay', HELLO, '--', 'sh', '-c',
                     f'curl -s -o /dev/null -d @{self.body} {URL}; curl -sS -d @{self.body} {URL}')
    self.check(twice, 'an interaction is played once in all processes', 52, b'', [
        'request 2 asks again for what is already played', 'played to request 1', '2 requests: 1 answered, 1 missed'])
    reused = self.run('replay', HELLO, '--', 'curl', '-sS', '-o', '/dev/null', '-d',
                      '@' + self.body, URL, '--next', '-sS', '-d', '@' + other, URL)
    self.check(reused, 'a miss on a connection that is kept alive is one miss', 52, b'',
               ['2 requests: 1 answered, 1 missed'])
    method = self.curl(URL)
    self.check(method, 'another method', 52, b'', ["method: asked 'GET', recorded 'POST'"])
    query = self.curl('-d', '@' + self.body, URL + '?a=1')
    self.check(query, 'another URL', 52, b'', ["url: query 'a': asked '1', not recorded"])
    for url in ('ftp://a.test/x', 'dict://a.test/x', 'gopher://a.test/x', 'telnet://a.test'):
      self.check(self.curl(url), 'refused: ' + url, 7, b'', ['was refused', url, '1 missed'])
    self.check(self.curl('file://' + self.body), 'a file is not the network',
               out=open(self.body, 'rb').read())
    self.check(self.curl('http://[bad'), 'a URL that is none', 3, b'')
    self.check(self.curl(URL, cassettes=[self.write('none.yaml',
                                                    b'version: 2\ninteractions: []\n')]),
               'an empty cassette', 52, b'', ['has no interactions'])

  def test_exit_codes(self):
    self.check(self.run('replay', HELLO, '--', 'true'), 'unplayed interactions are told',
               err=[f'not played: {HELLO}#0 POST {URL}', 'nothing came to the tape'])
    other = self.write('other.yaml', open(HELLO, 'rb').read())
    self.check(self.run('replay', HELLO, other, '--', 'true'), 'and where they are',
               err=[f'not played: {HELLO}#0 POST', f'not played: {other}#0 POST'])
    self.check(self.run('replay', '--strict', HELLO, '--', 'true'), 'strict minds them', 1)
    self.check(self.run('replay', HELLO, '--', 'sh', '-c', 'exit 7'), 'exit code', 7)
    self.check(self.run('replay', HELLO, '--', 'sh', '-c', 'kill -TERM $$'), 'signal', 143)
    self.check(self.run('replay', HELLO, '--', 'no-such-program'), 'not found', 127, b'',
               ["cannot run 'no-such-program'"])
    self.check(self.run('replay', HELLO, '--', self.body), 'not a program', 126, b'',
               ['cannot run'])
    ignoring = ('import os, signal, sys; signal.signal(signal.SIGCHLD, signal.SIG_IGN); '
                'os.execv(sys.argv[1], sys.argv[1:])')
    self.check(Run(['/usr/bin/python3', '-c', ignoring, self.tapedeck, 'replay', HELLO, '--',
                    'sh', '-c', 'exit 5'], timeout=10), 'SIGCHLD inherited as ignored', 5)
    before = set(os.listdir(self.folder))
    self.curl('-d', '@' + self.body, URL, env=clean_environment(TMPDIR=self.folder))
    self.tap.result(set(os.listdir(self.folder)) == before, 'nothing is left behind in TMPDIR')

  def test_environment(self):
    """The shim without the command."""
    preload = preloaded_by(self.tapedeck)
    asked = no_network() + ['curl', '-sS', '-d', '@' + self.body, URL]
    response = self.run('show', '--response-body', HELLO).out
    self.check(Run(['curl', '-s', 'http://127.0.0.1:1/'],
                   env=clean_environment(LD_PRELOAD=preload, TAPEDECK_MODE='record')),
               'a mode without a cassette', 7, b'', ["TAPEDECK_MODE is 'record', but"])
    plays = lambda **more: Run(asked, env=clean_environment(LD_PRELOAD=preload, **more))
    self.check(plays(TAPEDECK_CASSETTE=WEATHER + ':' + HELLO), 'TAPEDECK_CASSETTE is a list',
               out=response)
    self.check(plays(TAPEDECK_CASSETTE=WEATHER), 'a miss is told on standard error', 52, b'',
               ['is not on the tape', 'nearest is'])
    self.check(plays(TAPEDECK_CASSETTE='/no/such'), 'no cassette, no network', 7, b'',
               ['tapedeck: /no/such: cannot open', 'curl: (7) tapedeck: '])
    self.check(plays(TAPEDECK_CASSETTE=HELLO, TAPEDECK_MODE='rewind'), 'an unknown mode', 7, b'',
               ["rewind"])

  # What cannot be read

  def test_bad_input(self):
    nested = b'[' * 10000 + b']' * 10000
    bomb = b'version: 2\nx: &a [1,1,1,1,1,1,1,1,1,1]\n' + b''.join(
        b'x%c: &%c [%s]\n' % (c, c, b','.join([b'*%c' % (c - 1)] * 10)) for c in range(98, 110))
    bomb += b'interactions: *m\n'
    body = OK.replace(b'body: hello', b'body: |\n      one\n      two')
    cases = {
        'empty': (b'', 1), 'comments only': (b'# hello\n', 1), 'not YAML': (b'a: b: c\n', 1),
        'binary': (b'\x7fELF\2\1\1\0\0\0\0', 1), 'version 1': (OK.replace(b': 2', b': 1'), 2),
        'version 3': (OK.replace(b': 2', b': 3'), 2), 'no version': (OK.replace(b'version: 2\n', b''), 2),
        'interactions not a list': (b'version: 2\ninteractions: 5\n', 2),
        'a list': (b'- 1\n', 1), 'wrong type': (OK.replace(b'code: 200', b'code: [2]'), 11),
        'truncated in the body': (body[:body.index(b'two') + 1], None),
        'truncated in quotes': (OK[:OK.index(b'hello')] + b'"hel', None),
        'invalid UTF-8': (OK.replace(b'hello', b'h\xffllo'), 9), 'alias bomb': (bomb, None),
        'nesting': (b'version: 2\ninteractions: ' + nested, 2),
    }
    for name, (data, line) in cases.items():
      path = self.write('bad.yaml', data)
      run = self.run('replay', path, '--', 'touch', self.folder + '/started')
      place = f'tapedeck: {path}:{line or ""}'
      self.check(run, 'bad input: ' + name, 3, b'', [place])
      first = run.err.decode('utf-8', 'replace').splitlines()
      located = first and first[0][len(f'tapedeck: {path}:'):].split(':')[:2]
      self.tap.result(len(first) == 1 and all(p.isdigit() for p in located),
                      f'bad input: {name}: one line, with file, line and column', run.story())
    self.tap.result(not os.path.exists(self.folder + '/started'), 'the command is not started')
    huge = os.path.join(self.folder, 'huge.yaml')
    with open(huge, 'wb') as f:
      f.truncate(1 << 30)
    self.check(self.run('show', huge), 'a file of 1 GB', 3, b'', ['too large'])
    os.unlink(huge)
    self.check(self.run('show', self.folder), 'a folder', 3, b'', ['is a directory'])
    self.check(self.run('show', '/no/such/file'), 'no such file', 3, b'',
               ['/no/such/file: cannot open: No such file or directory'])


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  with tempfile.TemporaryDirectory(prefix='tapedeck-cli-') as folder:
    suite = Suite(find_build(parser.parse_args().build), folder)
    with_curl = {'test_answers', 'test_environment', 'test_misses', 'test_exit_codes'}
    can_curl = stock_programs_run(preloaded_by(suite.tapedeck))
    for name in sorted(dir(suite)):
      if name in with_curl and not can_curl:
        suite.tap.skip(name, 'the stock curl does not run under this sanitizer')
      elif name.startswith('test_'):
        getattr(suite, name)()
    return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
