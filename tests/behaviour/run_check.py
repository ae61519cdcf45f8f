#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tapedeck check: every rule on files that are broken in its way, and nothing on those that are not.
Prints TAP. With --write it writes the goldens afresh, to be looked at before they are committed."""

import argparse
import glob
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema

from tap import ROOT, Run, Tap, clean_environment, find_build

DATA = os.path.join('testdata', 'check')  # the paths in the goldens start at the root
SEEDS = sorted(glob.glob(os.path.join(ROOT, 'testdata', 'seeds', '*.yaml')))

CLEAN = b"""---
version: 2
interactions:
- id: 0
  request:
    proto: ""
    proto_major: 0
    proto_minor: 0
    content_length: 0
    host: ""
    url: http://a.test/x
    method: GET
  response:
    proto: ""
    proto_major: 0
    proto_minor: 0
    content_length: 5
    body: hello
    headers: {}
    status: 200 OK
    code: 200
    duration: 0s
"""
# What would give a terminal orders, or turn round what is shown.
RAW = re.compile('[\0-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]')


class Suite:
  def __init__(self, build, folder, write):
    self.tap = Tap()
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.folder, self.write_goldens = folder, write
    with open(os.path.join(ROOT, 'docs', 'check.schema.json')) as f:
      self.schema = json.load(f)

  def write(self, name, data):
    path = os.path.join(self.folder, name)
    with open(path, 'wb') as f:
      f.write(data)
    return path

  def check(self, *arguments, **options):
    return Run([self.tapedeck, 'check', *arguments], cwd=options.pop('cwd', ROOT), **options)

  def expect(self, run, name, code=0, out=None, err=None):
    problems = []
    if run.code != code:
      problems.append(f'exit code {run.code}, not {code}')
    if out is not None and run.out != out:
      problems.append(f'standard output: {run.out[:2000]!r}, not {out[:2000]!r}')
    if err is not None and err not in run.text_of_errors:
      problems.append(f'standard error: {run.text_of_errors!r} does not say {err!r}')
    return self.tap.result(not problems, name, '\n'.join(problems + [run.story()]))

  def golden(self, name, text):
    path = os.path.join(ROOT, DATA, name)
    if self.write_goldens:
      with open(path, 'w') as f:
        f.write(text)
    with open(path) as f:
      expected = f.read()
    self.tap.result(text == expected, f'as in {name}', f'--- is\n{text}--- should be\n{expected}')

  def rules(self):
    return {rule['rule']: rule for rule in
            json.loads(self.check('--list-rules', '--format', 'json').out)}

  # What is found

  def test_goldens(self):
    """Output, what is said on standard error, and exit code, of each broken file."""
    found = set()
    for path in sorted(glob.glob(os.path.join(ROOT, DATA, '*.yaml'))):
      name = os.path.basename(path)[:-len('.yaml')]
      odd = name in ('bad-json', 'binary-text', 'id-repeated', 'unknown-key', 'unknown-setting')
      style = (['--rule', 'style'] if name.startswith('style') else
               ['--ignore', 'style'] if odd else [])
      run = self.check(*style, os.path.join(DATA, name + '.yaml'))
      self.golden(name + '.txt', f'{run.text()}{run.text_of_errors}exit {run.code}\n')
      named = set(re.findall(r' \[([a-z-]+)\]$', run.text(), re.M))
      own = {rule for rule in self.rules() if name == rule or name.startswith(rule + '-')}
      if name.startswith('fine'):
        self.tap.result(run.out == run.err == b'' and run.code == 0, 'nothing is wrong in ' + name,
                        run.text())
      elif own:
        self.tap.result(named == {max(own, key=len)}, f'only {name} in {name}.yaml', run.text())
      found |= named
    self.tap.result(found >= set(self.rules()), 'every rule has a file that is broken in its way',
                    f'none for {sorted(set(self.rules()) - found)}')

  def test_seeds(self):
    run = self.check('--strict', *SEEDS)
    self.tap.result(run.code == 0 and run.out == run.err == b'', 'nothing at all in the seeds',
                    run.text() + run.story())

  def test_dialects(self):
    dialects = sorted(glob.glob(os.path.join(ROOT, 'testdata', 'dialects', '*')))
    run = self.check(*[os.path.relpath(path, ROOT) for path in dialects])
    self.golden('dialects.txt', run.text())

  def test_go(self):
    """What Go's own emitters have written, in all layouts, is in their style."""
    written = sorted(glob.glob(os.path.join(ROOT, 'testdata', 'goldens', '*.yaml')))
    run = self.check('--rule', 'style', *written)
    self.tap.result(len(written) == 3 and run.out == b'' and run.code == 0, 'the style is Go\'s',
                    run.text())

  def test_broken(self):
    broken = sorted(glob.glob(os.path.join(ROOT, 'testdata', 'broken', '*.yaml')))
    for path in broken:
      shown = self.check(path).text().splitlines()
      one = len(shown) == 2 and re.match(re.escape(path) + r':\d+:\d+: error: .* \[bad-[a-z]+\]$',
                                         shown[0])
      self.tap.result(one, f'one finding with its place: {os.path.basename(path)}',
                      '\n'.join(shown))
    run = self.check(broken[0], os.path.join(ROOT, DATA, 'chunks.yaml'))
    self.tap.result('[chunks]' in run.text(), 'a broken file does not stop the others', run.text())

  # Formats

  def test_json(self):
    files = sorted(glob.glob(os.path.join(ROOT, DATA, '*.yaml')))
    run = self.check('--format', 'json', *[os.path.relpath(path, ROOT) for path in files])
    report = json.loads(run.out)
    try:
      jsonschema.Draft202012Validator.check_schema(self.schema)
      jsonschema.validate(report, self.schema)
      problem = ''
    except jsonschema.ValidationError as e:
      problem = str(e)
    self.tap.result(not problem, 'JSON is as its schema says', problem)
    self.tap.result(len(report['files']) == len(files) and run.err == b'', 'one entry a file')
    counts = {severity: sum(finding['severity'] == severity for file in report['files']
                            for finding in file['findings'])
              for severity in ('error', 'warning', 'note')}
    self.tap.result([report[k] for k in ('errors', 'warnings', 'notes', 'unreadable')]
                    == [*counts.values(), 0] and all(counts.values()), 'the counts are right')
    for name in ('bad-header', 'unknown-key'):
      self.golden(name + '.json', self.check('--format', 'json', f'{DATA}/{name}.yaml').text())
    none = self.check('--format', 'json', '/no/such/file', f'{DATA}/fine.yaml')
    report = json.loads(none.out)
    jsonschema.validate(report, self.schema)
    self.tap.result(none.code == 3 and report['unreadable'] == 1 and
                    'No such file' in report['files'][0]['error'] and
                    report['files'][1] == {'file': f'{DATA}/fine.yaml', 'error': None,
                                           'findings': []}, 'JSON tells of an unreadable file')

  def test_github(self):
    for name in ('bad-header', 'same-request', 'content-length'):
      self.golden(name + '.github', self.check('--format', 'github', f'{DATA}/{name}.yaml').text())
    path = self.write('a,b:c%\nd.yaml', CLEAN.replace(b': 5', b': 4'))
    run = self.check('--format', 'github', os.path.basename(path), cwd=self.folder)
    self.expect(run, 'properties are escaped', 0, b'::warning file=a%2Cb%3Ac%25%0Ad.yaml,line=17,'
                b'col=21,title=content-length::' + run.out.split(b'::', 2)[-1])
    self.tap.result(run.out.count(b'\n') == 1 and b'%0A' in run.out.split(b'::')[-1],
                    'a message of two lines is one command', run.text())
    lost = self.check('--format', 'github', '/no/such/file')
    self.expect(lost, 'an unreadable file is an annotation', 3,
                b'::error file=/no/such/file,title=unreadable::cannot open: '
                b'No such file or directory\n')

  def test_terminal(self):
    """Nothing in a file, or in its name, gets to a terminal as it is."""
    nasty = CLEAN.replace(b'http://a.test/x', b'"http://a.test/\\e]0;a\\a\\x9b2J\\u202e\\n"')
    nasty = nasty.replace(b'GET', b'"\\r\\e[2K"').replace(b'hello', b'"\\x7f"')
    nasty = nasty.replace(b'headers: {}', b'headers:\n      "\\e[1mX":\n      - "\\e[7m"')
    nasty = nasty.replace(b'- id: 0', b'- id: 0\n  "\\e[5m\\U000e0001": 1')
    path = self.write('\x1b[31mred\x9b\u202e.yaml', nasty)
    bad = self.write('bad.yaml', CLEAN.replace(b'200\n', b'"\\x9b2J\\e[1m"\n'))
    for form in ('text', 'json', 'github'):
      run = self.check('--format', form, path, bad)
      raw = RAW.findall(run.out.decode())
      self.tap.result(run.code == 1 and not raw and run.out.count(b'2J') > 1,
                      f'no control characters get through: {form}', repr(raw) + run.text())
    shown = json.loads(self.check('--format', 'json', path).out)
    self.tap.result(shown['files'][0]['file'] == path, 'JSON has the name as it is')

  def test_colour(self):
    def on_terminal(**environment):
      leader, follower = pty.openpty()
      with subprocess.Popen([self.tapedeck, 'check', f'{DATA}/chunks.yaml'], stdout=follower,
                            stderr=subprocess.DEVNULL, cwd=ROOT,
                            env=clean_environment(**environment)):
        pass
      os.close(follower)
      shown = os.read(leader, 65536)
      os.close(leader)
      return shown
    self.tap.result(b'\x1b[33mwarning:\x1b[0m' in on_terminal(TERM='xterm'), 'colour on a terminal')
    self.tap.result(b'\x1b' not in on_terminal(TERM='xterm', NO_COLOR='1'), 'none with NO_COLOR')
    self.tap.result(b'\x1b' not in on_terminal(TERM='dumb'), 'none on a dumb terminal')
    self.tap.result(b'\x1b' not in self.check(f'{DATA}/chunks.yaml').out, 'none in a pipe')

  # Mending

  def mend(self, name, data, *options):
    path = self.write(name, data)
    run = self.check('--fix', *options, path)
    with open(path, 'rb') as f:
      return run, f.read()

  def test_fix_numbers(self):
    """Only the lines that are wrong change, in any dialect."""
    with open(os.path.join(ROOT, 'testdata', 'dialects', 'go-vcr.yaml'), 'rb') as f:
      source = f.read()
    run, mended = self.mend('numbers.yaml', source)
    self.tap.result(mended == source.replace(b'content_length: 37', b'content_length: 31'),
                    'a length is one changed line', run.text())
    self.expect(run, 'and is told', 0, (
        f"{self.folder}/numbers.yaml:9:25: fixed: interaction 0: the request's content_length was "
        "'37' and is now 31 [content-length]\n").encode(), '')
    wrong = mended.replace(b'- id: 0', b'- id: 5').replace(b'- id: 1', b'- id: 5  # again')
    run, mended = self.mend('ids.yaml', wrong)
    self.tap.result(mended == wrong.replace(b'id: 5  #', b'id: 1  #').replace(b'id: 5', b'id: 0'),
                    'ids, beside a comment', run.text())
    run, mended = self.mend('flow.yaml', b'{version: 2, interactions: [{id: 3, request: {url: '
                            b'"http://a/"}, response: {code: 200, body: "\xc3\xa9", headers: '
                            b'{content-length: 1}}}, {id: 3, request: {url: "http://a/b"}, '
                            b'response: {code: 204}}]}', '--ignore', 'style')
    self.tap.result(b'{id: 0,' in mended and b'{id: 1,' in mended and
                    b'{content-length: "2"}' in mended and mended.count(b'\n') == 0,
                    'in flow style', mended.decode())
    shared = CLEAN.replace(b'length: 0', b'length: *n').replace(b'length: 5', b'length: &m 6')
    shared = shared.replace(b'GET', b'POST\n    body: abcdefg')
    shared = shared.replace(b'interactions', b'x: &n 9\ninteractions')
    shared += b'- id: 1\n  request: {url: http://a/}\n  response: {code: 304, content_length: *m}\n'
    run, mended = self.mend('alias.yaml', shared, '--ignore', 'style')
    self.tap.result(b'content_length: 7' in mended and b'&m 6' in mended and
                    b"not fixed: interaction 0: the response's content_length stays: other values "
                    b'are aliases of it' in run.out, 'aliases stay what they were', run.text())

  def test_fix_style(self):
    for path in sorted(glob.glob(os.path.join(ROOT, 'testdata', 'dialects', '*'))):
      name = os.path.basename(path)
      with open(path, 'rb') as f:
        source = f.read()
      show = lambda: [Run([self.tapedeck, 'show', f'{self.folder}/{name}#{i}']).out.replace(
          b'1. http', b'http') for i in range(2)]
      self.write(name, source)
      before = show()
      run, mended = self.mend(name, source, '--rule', 'style')
      if name in ('licence.yaml', 'values.yaml'):
        says = b'the comment in line 45' if name == 'licence.yaml' else b"the key 'recorder' in line 4"
        self.tap.result(mended == source and b'not fixed: the file is not written afresh: ' + says +
                        b' would be lost [style]' in run.out, 'not written afresh: ' + name,
                        run.text())
        continue
      self.expect(run, 'written afresh: ' + name, 0)
      self.tap.result(show() == before or name == 'binary.yaml',
                      'what is in it is the same: ' + name)
      again = os.stat(f'{self.folder}/{name}')
      self.check('--fix', '--rule', 'style', f'{self.folder}/{name}')
      now = os.stat(f'{self.folder}/{name}')
      self.tap.result((again.st_ino, again.st_mtime_ns) == (now.st_ino, now.st_mtime_ns),
                      'and then nothing is left to be done: ' + name)
    for name in ('compact', 'bare', 'pyyaml', 'double-quoted', 'flow', 'json', 'no-ids', 'bom'):
      with open(f'{self.folder}/{name}{".yaml"}', 'rb') as f:
        mended = f.read()
      with open(f'{self.folder}/compact.yaml', 'rb') as f:
        self.tap.result(mended == f.read(), f'all dialects come to the same file: {name}')
    with open(os.path.join(ROOT, DATA, 'style.yaml'), 'rb') as f:
      run, mended = self.mend('style.yaml', f.read())
    self.golden('style.fixed', mended.decode())
    settings = b'tapedeck:\n  match: # ours\n    ignore_headers: ["User-Agent"]\n'
    with open(SEEDS[0], 'rb') as f:
      seed = f.read()
    for place, own in (('before', seed.replace(b'interactions:', settings + b'interactions:', 1)),
                       ('behind', seed + settings)):
      run, mended = self.mend('settings.yaml', own)
      self.tap.result(mended == own and run.out == b'', f'settings are left alone, {place}',
                      run.text())
      run, mended = self.mend('settings.yaml', own.replace(b'method: POST', b'method: "POST"'))
      self.tap.result(mended == own, f'also where the rest is not, {place}', run.text())
    bare = seed.rstrip(b'\n')
    run, mended = self.mend('bare.yaml', bare)
    self.tap.result(mended == bare and run.out == b'', 'the last line needs no end', run.text())
    run, mended = self.mend('both.yaml', CLEAN.replace(b': 5', b': 6').replace(b'GET', b'GET # x'))
    self.tap.result(mended == CLEAN.replace(b'GET', b'GET # x') and b'the comment in line 12 would'
                    in run.out, 'a number is mended where the style is not', run.text())

  def test_fix_files(self):
    wrong = CLEAN.replace(b': 5', b': 6')
    only = ('--rule', 'content-length')
    path = self.write('mode.yaml', wrong)
    os.chmod(path, 0o640)
    os.symlink('mode.yaml', f'{self.folder}/link.yaml')
    self.check('--fix', *only, f'{self.folder}/link.yaml')
    with open(path, 'rb') as f:
      self.tap.result(f.read() == CLEAN and os.path.islink(f'{self.folder}/link.yaml') and
                      os.stat(path).st_mode & 0o777 == 0o640, 'link and mode stay')
    hard = self.write('hard.yaml', wrong)
    os.link(hard, f'{self.folder}/hard-2.yaml')
    run = self.check('--fix', *only, hard, f'{DATA}/fine.yaml')
    with open(hard, 'rb') as f:
      self.tap.result(f.read() == wrong, 'a file with two names is left alone')
    self.expect(run, 'and told', 3, None, 'hard.yaml')
    self.expect(self.check('--fix', '-', data=wrong), 'not standard input', 2, b'',
                'cannot mend standard input')
    run = self.check('--fix', '/no/such/file', self.write('next.yaml', wrong), *only)
    self.expect(run, 'the next file is mended all the same', 3)
    with open(f'{self.folder}/next.yaml', 'rb') as f:
      self.tap.result(f.read() == CLEAN, 'which it is')
    broken = self.write('broken.yaml', b'version: 1\n')
    self.expect(self.check('--fix', broken), 'what is no cassette is a finding', 1)
    left = [name for name in os.listdir(self.folder) if name.startswith('.')]
    self.tap.result(not left, 'nothing is left beside the files', str(left))

  def test_fix_formats(self):
    data = CLEAN.replace(b': 5', b': 6').replace(b'GET', b'GET # x')
    run, _ = self.mend('report.yaml', data, '--format', 'json')
    report = json.loads(run.out)
    jsonschema.validate(report, self.schema)
    file = report['files'][0]
    self.tap.result([len(file[k]) for k in ('fixed', 'unfixed', 'findings')] == [1, 1, 1] and
                    file['fixed'][0]['rule'] == 'content-length' and
                    file['fixed'][0]['line'] == 17 and file['unfixed'][0]['rule'] == 'style',
                    'JSON tells what was changed', run.text())
    run, _ = self.mend('report.yaml', data, '--format', 'github')
    self.tap.result(run.out.count(b'::notice file=') == 2 and b'%0Anot fixed\n' in run.out,
                    'annotations tell what was changed', run.text())

  # Options

  def test_rules(self):
    rules = self.rules()
    self.tap.result(all(re.fullmatch('[a-z]+(-[a-z]+)*', name) for name in rules),
                    'names are in kebab case', str(list(rules)))
    self.tap.result(all(rule['summary'] and rule['advice'] for rule in rules.values()),
                    'each says what it finds and what to do')
    listed = self.check('--list-rules').text()
    self.tap.result(all(f'\n{name} (' in '\n' + listed for name in rules), 'all are listed')
    with open(os.path.join(ROOT, 'docs', 'tapedeck-check.1')) as f:
      manual = f.read()
    missing = [name for name in rules
               if not re.search(rf'^\.BR? .*\b{name}\b'.replace('-', r'\\-'), manual, re.M)]
    self.tap.result(not missing, 'the manual page has all of them', str(missing))
    protocol, lengths = f'{DATA}/protocol.yaml', f'{DATA}/content-length.yaml'
    named = lambda *arguments: set(re.findall(r' \[([a-z-]+)\]$', self.check(
        *arguments, protocol, lengths).text(), re.M))
    self.tap.result(named() == {'protocol', 'content-length'}, 'all rules')
    self.tap.result(named('--rule', 'protocol') == {'protocol'}, 'one rule')
    self.tap.result(named('--rule', 'protocol', '--rule=content-length') ==
                    {'protocol', 'content-length'}, 'two rules')
    self.tap.result(named('--ignore', 'protocol') == {'content-length'}, 'without a rule')
    self.tap.result(named('--rule', 'protocol', '--ignore', 'protocol') == set(), 'without all')

  def test_exit_codes(self):
    error, warning, note = (f'{DATA}/{name}.yaml' for name in
                            ('bad-url', 'protocol', 'same-request'))
    for name, arguments, code in (
        ('an error', [error], 1), ('a warning', [warning], 0), ('a note', [note], 0),
        ('a warning, strictly', ['--strict', warning], 1),
        ('a note, strictly', ['--strict', note], 0),
        ('an ignored error', ['--ignore', 'bad-url', error], 0),
        ('no such file', ['/no/such/file'], 3), ('a folder', ['testdata'], 3),
        ('an error and no such file', [error, '/no/such/file'], 3)):
      self.expect(self.check(*arguments), 'exit code: ' + name, code)
    run = self.check('/no/such/file', error)
    self.tap.result('[bad-url]' in run.text() and
                    'tapedeck: /no/such/file: cannot open' in run.text_of_errors,
                    'what cannot be read does not stop the others', run.story())
    for arguments, says in (
        ([], 'no cassette was named'), (['--nosuch', error], "no option '--nosuch'"),
        (['--format', 'xml', error], "not 'xml'"), (['--format'], "'--format' needs a value"),
        (['--rule', 'nosuch', error], "no rule 'nosuch'"),
        (['--ignore', 'nosuch', error], "no rule 'nosuch'")):
      self.expect(self.check(*arguments), f'usage: {" ".join(arguments)}', 2, b'', says)
    self.expect(self.check('-', data=CLEAN), 'standard input', 0, b'', '')
    self.expect(self.check('--strict', '-', data=CLEAN.replace(b': 5', b': 4')),
                'standard input with a finding', 1)
    full = Run(['sh', '-c', f'{self.tapedeck} check {os.path.join(ROOT, error)} >/dev/full'])
    self.expect(full, 'a full disk', 3, None, 'cannot write to standard output')

  # Size

  def test_size(self):
    """What would take for ever if any rule went over all for each."""
    one = lambda i, more='', body='b': (f'- id: {i}\n  request:\n    url: http://a.test/\n{more}'
                                        f'  response:\n    code: 200\n    body: {body}\n').encode()
    head = b'---\nversion: 2\ninteractions:\n'
    cases = {
        'equal requests': head + b''.join(one(i, body=i) for i in range(50000)),
        'equal ids': head + b''.join(one(7) for i in range(50000)),
        'unknown keys': head + one(0, ''.join(f'    key-{i}: 1\n' for i in range(200000))),
        'headers': head + one(0, '    headers:\n' + ''.join(
            f'      "X {i}": ["\\e"]\n' for i in range(100000))),
        'a long line of JSON': head + one(0, '    headers: {Content-Type: application/json}\n'
                                             '    body: \'[' + '1,' * 1000000 + '\'\n'),
        'blanks': head + one(0, '    headers: {Content-Type: application/json}\n    body: "[' +
                             ' ' * 1000000 + '\\x20" \n'),
    }
    for name, data in cases.items():
      run = self.check('--format', 'json', self.write('large.yaml', data), timeout=20)
      self.tap.result(run.code in (0, 1), 'in time: ' + name, run.story(300))


Run.text_of_errors = property(lambda run: run.err.decode('utf-8', 'backslashreplace'))


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  parser.add_argument('--write', action='store_true', help='write the goldens afresh')
  options = parser.parse_args()
  folder = tempfile.mkdtemp(prefix='tapedeck-check-')
  try:
    suite = Suite(find_build(options.build), folder, options.write)
    for name in sorted(dir(suite)):
      if name.startswith('test_'):
        getattr(suite, name)()
  finally:
    shutil.rmtree(folder)
  return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
