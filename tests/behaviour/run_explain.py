#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A miss explains itself: each seed's requests, changed in one way at a time, asked of the tape by
curl. What is told first is what was changed, and nothing is told that is not so. Prints TAP."""

import argparse
import copy
import http.server
import json
import os
import re
import shlex
import sys
import tempfile
import threading

from tap import (ROOT, Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

SEEDS = os.path.join(ROOT, 'testdata', 'seeds')
BIG = 9007199254740993


def messages_of(body):
  """The name of the list of messages, and the list."""
  key = 'messages' if 'messages' in body else 'input'
  return key, body[key]


def text_of(message):
  """Where a message has its text: a container and a key, and the path in between."""
  content = message.get('content')
  if isinstance(content, str):
    return message, 'content', 'content'
  if isinstance(content, list) and content and 'text' in content[0]:
    return content[0], 'text', 'content/0/text'
  return None


def tool_of(body):
  """The first tool: its name, its properties and the path to them."""
  tool = body['tools'][0]
  if 'function' in tool:
    return tool['function'], '/tools/0/function/parameters/properties'
  return tool, '/tools/0/parameters/properties'


class Server(http.server.BaseHTTPRequestHandler):
  """What is recorded from."""

  def do_POST(self):
    self.rfile.read(int(self.headers.get('Content-Length', 0)))
    self.send_response(200)
    self.send_header('Content-Length', '11')
    self.end_headers()
    self.wfile.write(b'{"ok":true}')

  def log_message(self, *_):
    pass


class Mutation:
  """A changed body, and what has to be told of it: lines, the first ones first."""

  def __init__(self, name, body, told, url='', options=(), headers=(), match=False):
    self.name, self.body, self.told, self.match = name, body, told, match
    self.url, self.options, self.headers = url, options, headers


def mutations(body):
  key, messages = messages_of(body)
  base = lambda: copy.deepcopy(body)
  number = next(i for i, m in enumerate(messages) if m.get('role') == 'user')
  role = messages[number]['role']

  changed = base()
  holder, field, path = text_of(changed[key][number])
  old = holder[field]
  holder[field] = ' '.join(['Kindly'] + old.split(' ')[1:])
  yield Mutation('a word in a message', changed, [
    f'message {number + 1} ({role}) changed',
    f'body: /{key}/{number}/{path}: asked {json.dumps(holder[field])}, recorded {json.dumps(old)}'])

  changed = base()
  changed[key].insert(1, {'role': 'user', 'content': 'One more thing'})
  yield Mutation('a message added', changed, [
    'message 2 (user) added',
    f'body: /{key}/1: asked {{"role":"user","content":"One more thing"}}, not recorded'])

  changed = base()
  gone = changed[key].pop(0)
  yield Mutation('a message removed', changed, [
    f'message 1 ({gone["role"]}) removed', f'body: /{key}/0: recorded {{'])

  changed = base()
  changed[key][0], changed[key][1] = changed[key][1], changed[key][0]
  yield Mutation('two messages swapped', changed, [
    'messages 1 and 2 swapped', f'body: /{key}/0: moved to /{key}/1'])

  changed = base()
  new = {'type': 'function', 'name': 'clock'} if key == 'input' else {
    'type': 'function', 'function': {'name': 'clock'}}
  had = 'tools' in changed
  changed.setdefault('tools', []).append(new)
  yield Mutation('a tool added', changed, [
    'tool clock added',
    f'body: /tools/{len(changed["tools"]) - 1}: asked {{' if had else 'body: /tools: asked ['])

  if had:
    changed = base()
    tool, path = tool_of(changed)
    properties = tool['parameters']['properties']
    name = next(iter(properties))
    properties['place'] = properties.pop(name)
    yield Mutation('a parameter renamed', changed, [
      f'tool {tool["name"]}: parameter {name} renamed to place',
      f"body: {path}/{name}: renamed to 'place'"])

  else:
    changed = base()
    changed['max_completion_tokens'] = changed.pop('max_tokens')
    yield Mutation('a parameter renamed', changed, [
      "body: /max_tokens: renamed to 'max_completion_tokens'"])

  changed = base()
  old, changed['model'] = changed['model'], 'gpt-5-mini'
  yield Mutation('the model changed', changed, [
    f'model {old} -> gpt-5-mini', f'body: /model: asked "gpt-5-mini", recorded "{old}"'])

  changed = base()
  for field in changed:
    if field == key:
      changed[key][0] = dict(reversed(changed[key][0].items()))
  yield Mutation('key order', dict(reversed(changed.items())), [], match=True)
  yield Mutation('white space', json.dumps(body, indent=3), [], match=True)
  yield Mutation('a header', body, ["header 'Accept': asked 'text/plain', recorded '"],
                 options=['--match-header', 'Accept'], headers=['-H', 'Accept: text/plain'])
  yield Mutation("the URL's query", body, ["url: query 'beta': asked 'true', not recorded"],
                 url='?beta=true')


class Suite:
  def __init__(self, build, folder):
    self.tap = Tap()
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.folder = folder

  def path(self, name, data=None):
    path = os.path.join(self.folder, name)
    if data is not None:
      with open(path, 'w', encoding='utf-8') as f:
        f.write(data)
    return path

  def ask(self, cassette, url, body, options=(), headers=()):
    text = body if isinstance(body, str) else json.dumps(body)
    return Run(no_network() + [self.tapedeck, 'replay', *options, cassette, '--', 'curl', '-sS',
                               url, *headers, '-d', '@' + self.path('body.json', text)])

  def check(self, name, run, mutation):
    told = run.err.decode('utf-8', 'replace').splitlines()
    lines = [line.strip() for line in told if line.startswith('    ')]
    if mutation.match:
      self.tap.result(run.code == 0 and not lines, f'{name}: {mutation.name} matches', run.story())
      return
    good = run.code != 0 and len(lines) == len(mutation.told) and all(
      line.startswith(expected) for line, expected in zip(lines, mutation.told))
    self.tap.result(good, f'{name}: {mutation.name} is told first, and nothing else',
                    '\n'.join(['expected:', *mutation.told, run.story()]))
    self.tap.result(any('tapedeck record --mode new -o ' in line for line in told),
                    f'{name}: {mutation.name}: and what to run', run.story())

  def seed(self, file):
    cassette = os.path.join(SEEDS, file)
    listing = Run([self.tapedeck, 'show', cassette]).text()
    for identity, url in re.findall(r'^#(\d+) POST (\S+)$', listing, re.M):
      name = f'{file[:-5]}#{identity}'
      shown = Run([self.tapedeck, 'show', '--request-body', f'{cassette}#{identity}']).text()
      body = json.loads(shown)
      for mutation in mutations(body):
        self.check(name, self.ask(cassette, url + mutation.url, mutation.body, mutation.options,
                                  mutation.headers), mutation)
      self.big_number(name, cassette, url, shown)

  def big_number(self, name, cassette, url, shown):
    """One past 2^53, where a double cannot tell two integers apart."""
    def with_seed(number):
      return shown.replace('{', f'{{"seed":{number},', 1)
    with open(cassette, encoding='utf-8') as f:
      text = f.read()
    escaped = shown.replace("'", "''")
    taped = text.replace(escaped, with_seed(BIG).replace("'", "''"), 1)
    path = self.path('big.yaml', taped)
    self.tap.result(taped != text, f'{name}: a big number is on the tape')
    self.check(name, self.ask(path, url, with_seed(BIG)), Mutation('the same number', '', [],
                                                                   match=True))
    self.check(name, self.ask(path, url, with_seed(BIG - 1)), Mutation('a big number', '', [
      f'body: /seed: asked {BIG - 1}, recorded {BIG}']))

  def advice(self):
    """What is said to let a difference not count does just that."""
    cassette = os.path.join(SEEDS, 'openai-chat-hello.yaml')
    url = 'https://api.openai.com/v1/chat/completions'
    body = json.loads(Run([self.tapedeck, 'show', '--request-body', cassette]).out)
    run = self.ask(cassette, url + '?key=1', {**body, 'a b*': 1})
    said = re.search(r'if that does not matter: tapedeck replay (.*) \.\.\.',
                     run.err.decode('utf-8', 'replace'))
    if self.tap.result(bool(said), 'a way to let it not count is told', run.story()):
      options = shlex.split(said.group(1))
      run = self.ask(cassette, url + '?key=1', {**body, 'a b*': 1}, options)
      self.tap.result(run.code == 0, 'and it works', run.story())
    run = self.ask(cassette, url, {**body, 'model': 'other'})
    self.tap.result(b'does not matter' not in run.err, 'but never for what a model is asked',
                    run.story())

  def played(self):
    cassette = os.path.join(SEEDS, 'openai-chat-hello.yaml')
    body = self.path('hello.json', Run([self.tapedeck, 'show', '--request-body', cassette]).text())
    run = Run(no_network() + [self.tapedeck, 'replay', cassette, '--', 'sh', '-c',
              f'for i in 1 2; do curl -sS https://api.openai.com/v1/chat/completions -d @{body}; done'])
    told = run.err.decode()
    self.tap.result('request 2 asks again for what is already played' in told
                    and 'played to request 1' in told and '--replayable' in told
                    and 'differs' not in told, "'already played' is not 'differs'", run.story())

  def mended(self):
    """A word of a prompt is changed; what is printed is run; and the tape knows both."""
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f'http://127.0.0.1:{server.server_address[1]}/v1/chat/completions'
    cassette = self.path('mended.yaml')
    ask = lambda word: ['curl', '-sS', url, '-d', json.dumps(
      {'model': 'm', 'messages': [{'role': 'user', 'content': f'Say hi in {word}'}]})]
    Run([self.tapedeck, 'record', '-o', cassette, '--', *ask('Portuguese')])
    missed = Run([self.tapedeck, 'replay', cassette, '--', *ask('Spanish')])
    told = missed.err.decode()
    advice = re.search('to record it as well: tapedeck (record .*) -- COMMAND', told)
    if self.tap.result(missed.code != 0 and 'message 1 (user) changed' in told and bool(advice),
                       'a changed prompt is explained', missed.story()):
      run = Run([self.tapedeck, *shlex.split(advice.group(1)), '--', *ask('Spanish')])
      self.tap.result(run.code == 0, 'what it says to run can be run', run.story())
    server.shutdown()
    for word in ('Portuguese', 'Spanish'):
      run = Run(no_network() + [self.tapedeck, 'replay', cassette, '--', *ask(word)])
      self.tap.result(run.code == 0 and run.out == b'{"ok":true}', f'then {word} is on the tape',
                      run.story())

  def secrets(self):
    """What is told goes into logs."""
    cassette = os.path.join(SEEDS, 'openai-chat-hello.yaml')
    key, token = 'AIzaSyB' + 'x1' * 16, 'sk-proj-' + 'a1' * 20 + 'T3BlbkFJ' + 'b2' * 20
    run = self.ask(cassette, f'https://api.openai.com/v1/chat/completions?key={key}',
                   {'model': 'gpt-4o', 'note': f'my token is {token}'}, ['--match-header', '*'],
                   ['-H', f'Authorization: Bearer {token}'])
    self.tap.result(run.code != 0 and b"header 'Authorization': asked 'Bearer [REDACTED" in run.err
                    and key.encode() not in run.err and token.encode() not in run.err,
                    'no secret is told', run.story())

  def saved(self):
    """--save-misses: from any number of processes, of any size, without secrets."""
    cassette = os.path.join(SEEDS, 'openai-chat-hello.yaml')
    token = 'sk-proj-' + 'a1' * 20 + 'T3BlbkFJ' + 'b2' * 20
    big = self.path('big.json', json.dumps({'model': 'gpt-4o', 'text': 'word ' * 1000000}))
    with open(self.path('bytes'), 'wb') as f:
      f.write(bytes(range(256)))
    target = self.path('saved.yaml')
    url = 'https://api.openai.com/v1/chat/completions'
    command = (f'curl -s {url} -d @{big} & '
               f'curl -s {url} -H "Authorization: Bearer {token}" -d token={token} & wait; '
               f'curl -s {url} --data-binary @{self.path("bytes")}; curl -s {url}?third; true')
    run = Run(no_network() + [self.tapedeck, 'replay', '--save-misses', target, cassette, '--', 'sh',
                              '-c', command])
    self.tap.result(run.code == 1 and b'4 missed requests saved' in run.err, 'misses are saved',
                    run.story())
    with open(target, 'rb') as f:
      text = f.read()
    self.tap.result(token.encode() not in text and b'[REDACTED' in text, 'without secrets')
    self.tap.result(b'599 Not recorded' in text and os.stat(target).st_size > 5000000,
                    'whole, though they are large')
    shown = Run([self.tapedeck, 'show', target])
    self.tap.result(shown.code == 0 and '4 interactions' in shown.text(), 'it is a cassette',
                    shown.story())
    raw = Run([self.tapedeck, 'show', '--request-body', target + '#2'])
    self.tap.result(raw.out == bytes(range(256)), 'bytes of any kind are what they were')
    diff = Run([self.tapedeck, 'diff', '--request', cassette + '#0', target + '#3'])
    self.tap.result(diff.code == 1 and "query 'third'" in diff.text(), 'and can be compared',
                    diff.story())
    bad = Run([self.tapedeck, 'replay', '--save-misses', self.folder, cassette, '--', 'curl', '-s',
               url])
    self.tap.result(bad.code == 3, 'what cannot be written is an error', bad.story())
    none = self.path('none.yaml')
    run = Run([self.tapedeck, 'replay', '--save-misses', none, cassette, '--', 'true'])
    self.tap.result(run.code == 0 and not os.path.exists(none), 'no miss, no file', run.story())

  def run(self):
    for file in sorted(os.listdir(SEEDS)):
      self.seed(file)
    self.advice()
    self.played()
    self.mended()
    self.secrets()
    self.saved()
    return self.tap.finish()


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('build', nargs='?')
  build = find_build(parser.parse_args().build)
  if not stock_programs_run(preloaded_by(os.path.join(build, 'cli', 'tapedeck'))):
    print('1..0 # SKIP the stock curl does not run under this sanitizer')
    return 0
  with tempfile.TemporaryDirectory(prefix='tapedeck-explain-') as folder:
    return Suite(build, folder).run()


if __name__ == '__main__':
  sys.exit(main())
