#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tapedeck diff as a user runs it: exit codes, every format against a golden file, JSON by its schema,
patches by an applier of their own, and a terminal. `--update` writes the goldens. Prints TAP."""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time

import json_patch
from tap import ROOT, Run, Tap, clean_environment, find_build

DATA = os.path.join(ROOT, 'testdata', 'diff')
SEEDS = os.path.join(ROOT, 'testdata', 'seeds')

# A name for the goldens, the arguments, and the exit code.
GOLDENS = (
  ('cassettes', ['one.yaml', 'two.yaml'], 1),
  ('semantic', ['--semantic', 'one.yaml', 'two.yaml'], 1),
  ('rome', ['--semantic', 'weather-again.yaml', 'weather-rome.yaml'], 1),
  ('bodies', ['a.json', 'b.json'], 1),
  ('lines', ['a.txt', 'b.txt'], 1),
  ('same', ['one.yaml', 'one.yaml'], 0),
)
FORMATS = ('text', 'json', 'markdown', 'github', 'terminal')

# Recordings of the same conversation: other ids, times, fingerprints, padding, and other cuts.
AGAIN = (
  ('openai-chat-hello', 'hello-again'), ('openai-chat-weather-tool', 'weather-again'),
  ('openai-chat-parallel-tools', 'parallel-again'),
  ('openai-responses-weather-tool', 'responses-again'),
  ('llama-cpp-reasoning-weather-tool', 'reasoning-again'),
)


class Suite:
  def __init__(self, build, folder, update):
    self.tap = Tap()
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.folder, self.update, self.terminals = folder, update, 0
    with open(os.path.join(ROOT, 'docs', 'diff.schema.json'), encoding='utf-8') as f:
      self.schema = json.load(f)

  def write(self, name, data):
    path = os.path.join(self.folder, name)
    with open(path, 'wb') as f:
      f.write(data if isinstance(data, bytes) else data.encode())
    return path

  def diff(self, *arguments, **options):
    return Run([self.tapedeck, 'diff', *arguments], cwd=DATA, **options)

  def check(self, run, name, code, out=None, err=''):
    good = run.code == code and (out is None or run.out == out) and err in run.err.decode()
    self.tap.result(good, name, f'{run.story()}\n{run.text()}')

  def test_goldens(self):
    for name, arguments, code in GOLDENS:
      for form in FORMATS:
        options = ['--color', 'always'] if form == 'terminal' else ['--format', form]
        run = self.diff(*options, *arguments)
        path = os.path.join(DATA, 'golden', f'{name}.{form}')
        if self.update:
          with open(path, 'wb') as f:
            f.write(run.out)
        with open(path, 'rb') as f:
          self.check(run, f'golden {name}.{form}', code, f.read())

  def test_exit_codes(self):
    self.check(self.diff('one.yaml', 'one.yaml'), 'nothing different: 0, and not a word', 0, b'')
    for arguments, says in (
        ([], 'two things are compared'), (['a.json'], 'two things are compared'),
        (['-', '-'], 'standard input is one side'), (['--nosuch', 'a', 'b'], "no option '--nosuch'"),
        (['--format', 'xml', 'a', 'b'], "no format 'xml'"), (['--ignore'], 'needs a value'),
        (['--ignore', 'x', 'a.json', 'b.json'], 'is not a path in JSON'),
        (['--color', 'red', 'a', 'b'], 'auto, always or never'),
        (['one.yaml', 'b.json'], 'say which'), (['one.yaml#9', 'b.json'], 'has the id 9'),
        (['one.yaml#x', 'b.json'], 'is not the id'), (['--git', 'a', 'b'], 'for git')):
      self.check(self.diff(*arguments), 'usage: ' + ' '.join(arguments), 2, b'', says)
    for arguments, says in (
        (['nosuch.yaml', 'one.yaml'], 'nosuch.yaml: cannot open'), (['.', 'one.yaml'], '.'),
        (['../broken/duplicate-key.yaml', 'one.yaml'], 'duplicate-key.yaml:20:5:'),
        (['../broken/version-1.yaml', 'one.yaml'], 'version-1.yaml'),
        (['--rules', 'nosuch', 'a.json', 'b.json'], 'nosuch: cannot open')):
      self.check(self.diff(*arguments), 'cannot read: ' + ' '.join(arguments), 3, b'', says)
    self.check(Run(['sh', '-c', f'{self.tapedeck} diff a.json b.json >/dev/full'], cwd=DATA),
               'a full disk is an error', 3, err='cannot write')

  def test_code(self):
    """A code that was edited, and not its status: it is what is played."""
    seed = os.path.join(SEEDS, 'openai-chat-hello.yaml')
    with open(seed, 'rb') as file:
      other = self.write('code.yaml', file.read().replace(b'code: 200', b'code: 500'))
    for options in ([], ['--semantic']):
      run = self.diff(*options, seed, other)
      self.tap.result(run.code == 1 and b"code\n    - '200'\n    + '500'\n" in run.out,
                      'another code, the same status' + ''.join(options), run.story() + run.text())

  def test_sources(self):
    body = b'{"model":"claude-1"}'
    with open(os.path.join(DATA, 'a.json'), 'rb') as f:
      a = f.read()
    self.check(self.diff('a.json', '-', data=a), 'standard input', 0, b'')
    self.check(self.diff('-', 'a.json', data=body), 'standard input on the left', 1)
    request = self.write('request.json', Run([self.tapedeck, 'show', '--request-body',
                                              os.path.join(DATA, 'one.yaml#1')]).out)
    self.check(self.diff('one.yaml#1', request), "a body is held against the request's", 0, b'')
    self.check(self.diff('--response', 'one.yaml#1', request), "or the response's", 1)
    self.check(self.diff('one.yaml#1', 'two.yaml#2'), 'two interactions', 1)
    self.check(self.diff('--request', 'one.yaml#2', 'two.yaml#1'), 'requests only', 1)
    self.check(self.diff('--response', 'one.yaml#0', 'two.yaml#1'), 'responses only', 0, b'')
    hello = os.path.join(SEEDS, 'openai-chat-hello.yaml')
    self.check(self.diff(hello, self.write('hello.json', Run(
      [self.tapedeck, 'show', '--request-body', hello]).out)), 'the only interaction', 0, b'')
    empty = self.write('empty', b'')
    self.check(self.diff(empty, empty), 'two empty files', 0, b'')
    self.check(self.diff(empty, 'two.yaml'), 'an empty file is a cassette without interactions', 1)

  def test_rules(self):
    paths = ['--ignore', '/seed', '--ignore', '/tags/2', '--ignore', '/user/id', '--ignore', '/stop',
             '--ignore', '/a~1b', '--unordered', '/tags']
    self.check(self.diff(*paths, 'a.json', 'b.json'), 'all that differs is ignored', 0, b'')
    self.check(self.diff(*paths[2:], 'a.json', 'b.json'), 'all but one', 1,
               b'body: /seed\n  - 9007199254740993\n  + 9007199254740992\n')
    rules = self.write('rules.yaml', 'match:\n  ignore_paths: [/**]\n')
    self.check(self.diff('--rules', rules, 'a.json', 'b.json'), 'a rules file', 0, b'')
    with open(os.path.join(DATA, 'one.yaml'), encoding='utf-8') as f:
      one = f.read()
    changed = self.write('own.yaml', one.replace('9007199254740993', '1') +
                         'tapedeck:\n  match:\n    ignore_paths: /max_tokens\n')
    self.check(self.diff('one.yaml', changed), "a cassette's own rules", 0, b'')

  def test_semantic(self):
    for seed, again in AGAIN:
      a, b = os.path.join(SEEDS, seed + '.yaml'), again + '.yaml'
      self.check(self.diff('--semantic', a, b), f'{again}: the same conversation', 0, b'')
      self.check(self.diff('--semantic', b, a), f'{again}: the other way round', 0, b'')
      self.check(self.diff(a, b), f'{again}: though the bytes are others', 1)
    run = self.diff('--semantic', os.path.join(SEEDS, 'openai-chat-weather-tool.yaml'),
                    'weather-rome.yaml')
    self.check(run, 'one tool argument, and nothing else', 1, b"""\
changed #0 POST https://api.openai.com/v1/chat/completions
  tool call weather: argument location changed
  response: tool call 1: /location
    - "Florence, Italy"
    + "Rome, Italy"
1 changed, 1 the same
""")

  def words(self, name, a, b, *told):
    """What a change comes to, in words, for a request body on its own."""
    run = self.diff(self.write('a.json', json.dumps(a)), self.write('b.json', json.dumps(b)))
    lines = run.text().split('\nbody: ')[0].splitlines()
    self.tap.result(run.code == 1 and lines == list(told), f'in words: {name}', run.text())

  def test_words(self):
    schema = lambda **properties: {'type': 'object', 'properties': properties}
    text = {'type': 'string'}
    gemini = lambda said, *tools: {
      'contents': [{'role': 'user', 'parts': [{'text': said}]}],
      'systemInstruction': {'parts': [{'text': 'Be kind'}]},
      'tools': [{'functionDeclarations': list(tools)}]}
    self.words('Gemini', gemini('Hi', {'name': 'weather', 'parameters': schema(city=text)}),
               gemini('Ho', {'name': 'weather', 'parameters': schema(city=text, unit=text)},
                      {'name': 'time'}),
               'message 1 (user) changed', 'tool weather: parameter unit added', 'tool time added')
    anthropic = lambda system, *messages: {
      'model': 'claude-1', 'max_tokens': 5, 'system': system,
      'messages': [{'role': role, 'content': said} for role, said in messages]}
    self.words('Anthropic', anthropic('Be kind', ('user', 'a'), ('assistant', 'b'), ('user', 'c')),
               anthropic('Be quick', ('user', 'c'), ('assistant', 'b'), ('user', 'a')),
               'system prompt changed', 'messages 1 and 3 swapped')
    chat = lambda *tools: {'model': 'm', 'messages': [{'role': 'user', 'content': 'x'}], 'tools': [
      {'type': 'function', 'function': tool} for tool in tools]}
    one, two = {'name': 'one', 'parameters': schema(a=text)}, {'name': 'two', 'description': 'x'}
    self.words('tools moved', chat(one, two), chat(two, one), 'tool one moved from 1 to 2')
    self.words('a tool moved and changed', chat(one, two),
               chat(two, {'name': 'one', 'parameters': schema(a={'type': 'integer'})}),
               'tool one moved and changed')
    self.words('a tool renamed', chat(one, two), chat(one, {**two, 'name': 'three'}),
               'tool two renamed to three')
    self.words('a description', chat(one, two), chat(one, {**two, 'description': 'y'}),
               'tool two: description changed')
    self.words('required', chat({**one, 'parameters': {**schema(a=text), 'required': []}}),
               chat({**one, 'parameters': {**schema(a=text), 'required': ['a']}}),
               'tool one: required parameters changed')

  # JSON: the schema, and the patches

  def validate(self, name, report):
    try:
      import jsonschema
    except ImportError:
      self.tap.skip(f'{name}: by the schema', 'no python3-jsonschema')
      return
    try:
      jsonschema.validate(json.loads(report), self.schema)
      self.tap.result(True, f'{name}: by the schema')
    except jsonschema.ValidationError as error:
      self.tap.result(False, f'{name}: by the schema', str(error))

  def patched(self, name, a, b, patch):
    try:
      result = json_patch.apply(a, patch)
    except (KeyError, IndexError, ValueError) as error:
      self.tap.result(False, f'{name}: the patch can be applied', f'{error!r}\n{patch}')
      return
    self.tap.result(json_patch.same(result, b), f'{name}: the patch gives b', f'{patch}\n{result}')

  def test_json(self):
    for name, arguments, _ in GOLDENS:
      self.validate(name, self.diff('--format', 'json', *arguments).out)
    run = self.diff('--format', 'json', 'one.yaml', 'two.yaml')
    for item in json_patch.parse(run.out)['items']:
      for side in ('request', 'response'):
        if f'{side}_patch' in item:
          bodies = [json_patch.parse(Run([self.tapedeck, 'show', f'--{side}-body', os.path.join(
            DATA, f'{file}.yaml#{item[key]["id"]}')]).out) for file, key in (('one', 'a'),
                                                                            ('two', 'b'))]
          self.patched(f'{side} of {item["url"]}', *bodies, item[f'{side}_patch'])

  def random_value(self, draw, depth=0):
    kind = draw.randrange(10 if depth < 4 else 6)
    if kind == 0:
      return draw.choice(['true', 'false', 'null'])
    if kind < 3:
      return draw.choice(['0', '-0', '1', '1.0', '1e0', '10', '1E400', '-1e-400', '0.1',
                          '9007199254740993', '9007199254740992', '123456789012345678901234567890'])
    if kind < 6:
      return json.dumps(draw.choice(['', 'a', 'a b', 'ä', '\u0001"\\', 'x' * 50, '\U0001f600']))
    if kind < 8:
      return '[' + ','.join(self.random_value(draw, depth + 1)
                            for _ in range(draw.randrange(6))) + ']'
    keys = draw.sample(['', 'a', 'b', '/', '~', '~1', 'a b', 'ü', '0', '*'], draw.randrange(6))
    return '{' + ', '.join(f'{json.dumps(key)}: {self.random_value(draw, depth + 1)}'
                           for key in keys) + '}'

  def test_random_patches(self):
    """Many pairs in one run: each is an interaction of two cassettes."""
    draw = random.Random(11)
    pairs = [(self.random_value(draw), self.random_value(draw)) for _ in range(300)]
    files = []
    for side in (0, 1):
      text = 'version: 2\ninteractions:\n' + ''.join(
        f"- id: {i}\n  request: {{url: 'http://h/{i}', method: POST}}\n"
        f"  response:\n    code: 200\n    body: {json.dumps(pair[side])}\n"
        for i, pair in enumerate(pairs))
      files.append(self.write(f'side{side}.yaml', text))
    run = self.diff('--format', 'json', *files)
    self.validate('random values', run.out)
    bad = []
    for item in json_patch.parse(run.out)['items']:
      a, b = (json_patch.parse(text) for text in pairs[int(item['a']['id'])])
      equal = json_patch.same(a, b)
      bodies = isinstance(a, (dict, list)) and isinstance(b, (dict, list))
      if bodies and equal != (item['change'] == 'same'):
        bad.append(f'{a} and {b} are said to be {item["change"]}')
      if 'response_patch' in item and not json_patch.same(
          json_patch.apply(a, item['response_patch']), b):
        bad.append(f'{a}\n{b}\n{item["response_patch"]}')
    self.tap.result(run.code == 1 and not bad, 'random values: every patch gives b',
                    '\n'.join(bad[:3]))

  def test_hostile(self):
    deep = lambda leaf: b'[' * 10000 + leaf + b']' * 10000
    cases = (
      ('10,000 levels', deep(b'1'), deep(b'2'), b'+ 2'),
      ('10,000 levels of objects', b'{"a":' * 10000 + b'1' + b'}' * 10000,
       b'{"a":' * 10000 + b'2' + b'}' * 10000, b'+ 2'),
      ('a million elements', b'[' + b'1,' * 1000000 + b'1]', b'[' + b'1,' * 500000 + b'2,' +
       b'1,' * 499999 + b'1]', b'body: /500000\n  - 1\n  + 2\n'),
      ('a million elements turned round', b'[' + b','.join(b'%d' % i for i in range(300000)) + b']',
       b'[' + b','.join(b'%d' % i for i in reversed(range(300000))) + b']', b'moved to'),
      ('duplicate keys', b'{"a":1,"a":2}', b'{"a":1,"a":3}', b'body: /a\n  - 2\n  + 3\n'),
      ('a key twice and once', b'{"a":1,"a":2}', b'{"a":1}', b'body: /a\n  - 2\n'),
      ('lone surrogates', b'["\\ud800"]', b'["\\udc00"]', b'body: /0\n'),
      ('1e400', b'[1e400]', b'[1e401]', b'body: /0\n  - 1e400\n  + 1e401\n'),
      ('1e400 and infinity', b'[1e400]', b'[1e999999999999999999999]', b'body: /0'),
      ('past 2^53', b'[9007199254740993]', b'[9007199254740992]', b'body: /0'),
      ('a tiny difference', b'[0.1]', b'[0.10000000000000000001]', b'body: /0'),
      ('not JSON', b'{"a":1', b'{"a":2', b'body\n'), ('invalid UTF-8', b'["\xff"]', b'["\xfe"]',
                                                       b'body: /0\n'),
      ('bytes', bytes(range(256)), bytes(range(255)), b'body\n'),
      ('many lines', b'\n'.join(b'%d' % (i % 3) for i in range(200000)),
       b'\n'.join(b'%d' % (i % 2) for i in range(200000)), b'body: line'),
    )
    for name, a, b, says in cases:
      pair = self.write('a', a), self.write('b', b)
      run = self.diff(*pair)
      self.tap.result(run.code == 1 and says in run.out, f'{name} is answered', run.story())
      run = self.diff('--format', 'json', *pair)
      try:
        document = json_patch.parse(run.out)
        self.tap.result(run.code == 1 and not document['same'], f'{name}: as JSON')
      except RecursionError:
        self.tap.skip(f'{name}: as JSON', "Python's own reader cannot go so deep")
      except ValueError as error:
        self.tap.result(False, f'{name}: as JSON', str(error))
      self.check(self.diff(pair[0], pair[0]), f'{name}: the same is the same', 0, b'')
    for a, b in ((b'[-0]', b'[0]'), (b'[1.0]', b'[1e0]'), (b'{"a":1,"b":2}', b'{ "b": 2.0, "a": 1}')):
      self.check(self.diff(self.write('a', a), self.write('b', b)), f'{a} is {b}', 0, b'')

  def test_colour(self):
    run = self.diff('a.json', 'b.json')
    self.tap.result(b'\x1b' not in run.out, 'no colour into a pipe')
    if not shutil.which('tmux'):
      self.tap.skip('a terminal', 'no tmux')
      return
    shown = self.terminal(f'{self.tapedeck} diff weather-again.yaml#0 weather-rome.yaml#0 '
                          '--semantic --response')
    self.tap.result('\x1b[31m- "\x1b[7mFlorence\x1b' in shown
                    and '\x1b[32m+ "\x1b[7mRome\x1b' in shown.replace('\x1b[39m\n', '\n'),
                    'on a terminal: colours, and marks on the words that differ', repr(shown))
    shown = self.terminal(f'NO_COLOR=1 {self.tapedeck} diff a.json b.json')
    self.tap.result('\x1b[3' not in shown and '\x1b[7m' not in shown and '/seed' in shown,
                    'none with NO_COLOR', repr(shown))

  def terminal(self, command):
    """What a terminal shows of a command."""
    self.terminals += 1
    socket = os.path.join(self.folder, f'tmux{self.terminals}')
    tmux = ['tmux', '-S', socket, '-f', '/dev/null']
    env = clean_environment(TERM='screen-256color', SHELL='/bin/sh')
    env.pop('NO_COLOR', None)
    env.pop('TMUX', None)
    subprocess.run(tmux + ['new-session', '-d', '-x', '120', '-y', '50', '-c', DATA,
                           f'{command}; echo finished; sleep 60'], env=env, check=True)
    shown = ''
    for _ in range(100):
      time.sleep(0.1)
      shown = subprocess.run(tmux + ['capture-pane', '-e', '-p'], env=env, capture_output=True,
                             text=True, check=False).stdout
      if 'finished' in shown:
        break
    subprocess.run(tmux + ['kill-server'], env=env, check=False, capture_output=True)
    return shown

  def test_git(self):
    """As a driver of git diff, set up as the documentation says."""
    if not shutil.which('git'):
      self.tap.skip('git', 'no git')
      return
    work = os.path.join(self.folder, 'work')
    os.mkdir(work)
    env = clean_environment(GIT_CONFIG_GLOBAL='/dev/null', GIT_AUTHOR_NAME='A', GIT_PAGER='cat',
                            GIT_AUTHOR_EMAIL='a@a.test', GIT_COMMITTER_NAME='A',
                            GIT_COMMITTER_EMAIL='a@a.test',
                            PATH=os.path.dirname(self.tapedeck) + ':' + os.environ['PATH'])
    git = lambda *arguments: Run(['git', *arguments], env=env, cwd=work)
    git('init', '-q')
    git('config', 'diff.cassette.command', 'tapedeck diff --git --semantic')
    with open(os.path.join(work, '.gitattributes'), 'w', encoding='utf-8') as f:
      f.write('*.yaml diff=cassette\n')
    shutil.copy(os.path.join(DATA, 'weather-again.yaml'), os.path.join(work, 'tape.yaml'))
    git('add', '.')
    git('commit', '-qm', 'first')
    shutil.copy(os.path.join(DATA, 'weather-rome.yaml'), os.path.join(work, 'tape.yaml'))
    run = git('diff')
    self.tap.result(run.code == 0 and run.out.startswith(b'tapedeck diff tape.yaml\nchanged #0')
                    and b'+ "Rome, Italy"' in run.out, 'git diff', run.story() + run.text())
    git('mv', 'tape.yaml', 'other.yaml')
    run = git('diff', 'HEAD', '-M')
    self.tap.result(run.code == 0 and b'Rome' in run.out, 'git diff of a renamed file',
                    run.story() + run.text())
    run = git('diff', '--no-renames', 'HEAD')
    self.tap.result(run.code == 0 and b'removed #0' in run.out and b'added #0' in run.out,
                    'git diff of a file that is new, and of one that is gone',
                    run.story() + run.text())

  def run(self):
    for name in sorted(dir(self)):
      if name.startswith('test_'):
        getattr(self, name)()
    return self.tap.finish()


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('build', nargs='?')
  parser.add_argument('--update', action='store_true')
  arguments = parser.parse_args()
  with tempfile.TemporaryDirectory(prefix='tapedeck-diff-') as folder:
    return Suite(find_build(arguments.build), folder, arguments.update).run()


if __name__ == '__main__':
  sys.exit(main())
