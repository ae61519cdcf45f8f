#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tapedeck convert, as a user types it: the same bytes for what Go wrote, version 1 to 2, layouts,
what is told of losses, and where the result goes. Prints TAP."""

import argparse
import glob
import os
import re
import stat
import sys
import tempfile

from tap import ROOT, Run, Tap, find_build

DATA = os.path.join(ROOT, 'testdata')
SEEDS = sorted(glob.glob(os.path.join(DATA, 'seeds', '*.yaml')))
GOLDENS = {name: os.path.join(DATA, 'goldens', name + '.yaml')
           for name in ('compact', 'go-vcr', 'go-vcr-terse')}


def content(path):
  with open(path, 'rb') as f:
    return f.read()


class Suite:
  def __init__(self, build, folder):
    self.tap = Tap()
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.folder = folder

  def write(self, name, data):
    path = os.path.join(self.folder, name)
    with open(path, 'wb') as f:
      f.write(data)
    return path

  def convert(self, *arguments, **options):
    return Run([self.tapedeck, 'convert', *arguments], cwd=self.folder, **options)

  def check(self, run, name, code=0, out=None, err=b''):
    """Exit code, all of standard output, and all of standard error (a text: some of it)."""
    problems = []
    if run.code != code:
      problems.append(f'exit code {run.code}, not {code}')
    if out is not None and run.out != out:
      problems.append(f'standard output: {run.out[:500]!r}, not {out[:500]!r}')
    if isinstance(err, bytes) and run.err != err:
      problems.append(f'standard error: {run.err!r}, not {err!r}')
    if isinstance(err, str) and err not in run.err.decode():
      problems.append(f'standard error does not say: {err}')
    self.tap.result(not problems, name, '\n'.join(problems + [run.story()]))

  def test_same(self):
    self.tap.result(len(SEEDS) == 5, 'five seeds')
    for path in SEEDS + [os.path.join(DATA, 'dialects', 'go-vcr.yaml'), *GOLDENS.values()]:
      self.check(self.convert(path), 'the same bytes: ' + os.path.relpath(path, DATA),
                 out=content(path))

  def test_layouts(self):
    """Between layouts and back nothing is lost."""
    names = {'compact': 'compact', 'go-vcr': 'go-vcr-2', 'go-vcr-terse': 'go-vcr-2-terse'}
    for there in names:
      for path in SEEDS[:2] + [GOLDENS['compact']]:
        other = self.write('other.yaml', self.convert('--to', names[there], path).out)
        self.check(self.convert(other), f'{os.path.basename(path)} in {there} keeps that layout',
                   out=content(other))
        self.check(self.convert('--to', 'compact', other),
                   f'{os.path.basename(path)} to {there} and back', out=content(path))
    head = self.convert('--to', 'go-vcr-2', SEEDS[1]).out.split(b'\n')[:11]
    self.tap.result(head == [b'---', b'version: 2', b'interactions:', b'    - id: 0',
                             b'      request:', b'        proto: HTTP/1.1',
                             b'        proto_major: 1', b'        proto_minor: 1',
                             b'        content_length: 210', b'        transfer_encoding: []',
                             b'        trailer: {}'], 'go-vcr-2 is four columns and every key',
                    b'\n'.join(head).decode())

  def test_dialects(self):
    """Whatever a file looks like, afresh it has the same interactions, and stays as it is."""
    for path in sorted(glob.glob(os.path.join(DATA, 'dialects', '*.yaml'))):
      name = os.path.basename(path)
      made = self.convert(path)
      new = self.write('new.yaml', made.out)
      self.check(self.convert(new), f'{name}: afresh once and for all', out=made.out)
      for what in ('', '--request-body', '--response-body'):
        before, behind = (Run([self.tapedeck, 'show', *filter(None, [what]), p])
                          for p in (path, new))
        same = (before.code == behind.code and
                before.out.replace(path.encode(), b'') == behind.out.replace(new.encode(), b''))
        self.tap.result(same, f'{name}: {what or "the list"} is the same',
                        before.story() + before.text() + behind.story() + behind.text())

  def test_version1(self):
    folder = os.path.join(DATA, 'version1')
    for name in ('go-vcr-1', 'go-vcr-2'):
      self.check(self.convert(os.path.join(folder, name + '.yaml')), f'version 1: {name}',
                 out=content(os.path.join(folder, name + '.converted.yaml')))
    extra = os.path.join(folder, 'extra.yaml')
    told = b''.join(b'tapedeck: ' + extra.encode() + b':' + line + b'\n' for line in (
        b"1:1: comment '# Recorded in 2019.' is left out, as all comments are",
        b"4:1: key 'recorder' is not one of the format, and is left out",
        b"10:7: name 'X-Empty' has no value, and is left out",
        b"11:5: key 'cookies' is not one of the format, and is left out",
        b"15:3: key 'note' is not one of the format, and is left out"))
    self.check(self.convert(extra), 'what is lost is told, with its place',
               out=content(os.path.join(folder, 'extra.converted.yaml')), err=told)
    refused = Run([self.tapedeck, 'show', extra])
    self.check(refused, 'version 1 itself is refused, by name', 3, b'',
               f"{extra}:3:10: a version-1 cassette; only version 2 is read: "
               "'tapedeck convert FILE > NEW' makes one of it")
    converted = self.write('converted.yaml', self.convert(
        os.path.join(folder, 'go-vcr-2.yaml')).out)
    shown = Run([self.tapedeck, 'show', '--response-body', converted + '#0'])
    self.check(shown, 'what was converted is a cassette',
               out=b'data: {"delta":"Hi"}\n\ndata: [DONE]\n\n')

  def test_losses(self):
    base = content(SEEDS[1])
    for change, says in (
        ((b'version: 2\n', b'version: 2 # two\n'), "2:12: comment '# two' is left out"),
        ((b'version: 2\n', b'version: 2\nby: me\n'), "3:1: key 'by' is not one of the format"),
        ((b'- id: 0\n', b'- id: 0\n  hash: x\n'), "5:3: key 'hash' is not"),
        ((b'    host: ""\n', b'    host: ""\n    Host: ""\n'), "11:5: key 'Host' is not"),
        ((b'    status: 200 OK\n', b'    status: 200 OK\n    tapedeck:\n      later: 1\n'),
         "key 'later' is not")):
      path = self.write('lossy.yaml', base.replace(*change))
      run = self.convert(path)
      self.check(run, 'told: ' + says, out=base, err=says)
      self.tap.result(run.err.count(b'\n') == 1, 'and nothing else', run.story())
    hash_in_text = base.replace(b'host: ""', b"host: 'a # b'")
    path = self.write('hash.yaml', hash_in_text)
    self.check(self.convert(path), 'a # in a text is no comment', out=hash_in_text)

  def test_output(self):
    seed, want = SEEDS[1], content(SEEDS[1])
    lossy = want.replace(b'version: 2', b'version: 2 # x')
    target = os.path.join(self.folder, 'out.yaml')
    self.check(self.convert('-o', target, seed), '-o: nothing on standard output', out=b'')
    self.tap.result(content(target) == want, '-o writes the file')
    path = self.write('in-place.yaml', lossy)
    os.chmod(path, 0o640)
    self.convert('-o', path, path)
    self.tap.result(content(path) == want, 'the cassette itself may be the output')
    self.tap.result(stat.S_IMODE(os.stat(path).st_mode) == 0o640, 'and keeps its mode')
    link = os.path.join(self.folder, 'link.yaml')
    self.write('in-place.yaml', lossy)
    os.symlink('in-place.yaml', link)
    self.convert('--output=' + link, link)
    self.tap.result(os.path.islink(link) and content(path) == want, 'a link stays a link')
    left = [name for name in os.listdir(self.folder) if name not in (
        'out.yaml', 'in-place.yaml', 'link.yaml') and name.startswith(('out', 'in-', 'link', '.'))]
    self.tap.result(not left, 'nothing is left behind', str(left))
    self.check(self.convert('-o', '/dev/null', seed), 'a device is written to', out=b'')
    self.check(self.convert('-o', '-', seed), '-o - is standard output', out=want)
    self.check(self.convert('-', data=want), '- is standard input', out=want)
    self.check(self.convert('-o', '/nonexistent/x.yaml', seed), 'a folder that is not there', 3, b'',
               '/nonexistent/x.yaml: cannot save: No such file or directory; its folder is to '
               'be made first')
    self.check(self.convert('-o', self.folder, seed), 'a folder is no file', 3, b'', 'cannot save')
    self.check(self.convert('-o', '/dev/full', seed), 'a device that is full', 3, b'',
               '/dev/full: cannot write: No space left on device')
    names = self.write('names.yaml', b'kept')
    os.link(names, os.path.join(self.folder, 'other-name.yaml'))
    self.check(self.convert('-o', names, seed), 'a file with two names is refused', 3, b'',
               names + ': cannot save: ')
    self.tap.result(content(names) == b'kept', 'and left as it was')
    full = Run(['sh', '-c', f'{self.tapedeck} convert {seed} >/dev/full'])
    self.check(full, 'a full disk is an error', 3, err='cannot write to standard output')
    broken = os.path.join(DATA, 'broken', 'duplicate-key.yaml')
    before = self.write('kept.yaml', b'kept')
    run = self.convert('-o', before, broken)
    self.check(run, 'what is no cassette is an error with its place', 3, b'', broken + ':')
    self.tap.result(content(before) == b'kept', 'and the output is left as it was')
    self.check(self.convert('/nonexistent.yaml'), 'a file that is not there', 3, b'',
               '/nonexistent.yaml')

  def test_documentation(self):
    """docs/cassette-format.md says what is so."""
    text = content(os.path.join(ROOT, 'docs', 'cassette-format.md')).decode()
    example = re.search(r'## An example\n\n```yaml\n(.*?)```', text, re.S).group(1).encode()
    self.check(self.convert(self.write('example.yaml', example)), 'its example is written as it is',
               out=example)
    code = content(os.path.join(ROOT, 'lib', 'cassette', 'style.c')).decode()
    rules = re.findall(r'^    \{"([a-z0-9-]+)"', code, re.M)
    rows = re.findall(r'^\| \d+ \|.*\| `([a-z0-9-]+)` \|$', text, re.M)
    self.tap.result(len(rules) > 10 and rules == rows, 'it has the rows of the table of styles',
                    f'{rules}\n{rows}')
    code = content(os.path.join(ROOT, 'lib', 'cassette', 'keys.c')).decode()
    for key in re.findall(r'(?:REQUEST|RESPONSE|SHAPE)\("([a-z_]+)"', code):
      self.tap.result(f'`{key}`' in text, f'it has the key {key}')

  def test_usage(self):
    for arguments, says in (
        ([], 'no cassette was named'), ([SEEDS[0], SEEDS[1]], 'one cassette at a time'),
        (['--to', 'har', SEEDS[0]], "no layout 'har': go-vcr-2, go-vcr-2-terse or compact"),
        (['--to'], "'--to' needs a value"), (['-o'], "'-o' needs a value"),
        (['--nosuch', SEEDS[0]], "no option '--nosuch'"), (['-x', SEEDS[0]], "no option '-x'")):
      self.check(self.convert(*arguments), 'usage: ' + ' '.join(map(os.path.basename, arguments)), 2,
                 b'', says)
    run = self.convert('--help')
    self.check(run, '--help', out=run.out)
    self.tap.result(all(word in run.text() for word in ('Usage:', '--to', 'go-vcr-2', 'Examples:')),
                    'the help teaches', run.text())
    self.tap.result('convert' in Run([self.tapedeck, '--help']).text(), 'it is in the list')


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  options = parser.parse_args()
  with tempfile.TemporaryDirectory() as folder:
    suite = Suite(find_build(options.build), os.path.realpath(folder))
    for name in [n for n in dir(suite) if n.startswith('test_')]:
      getattr(suite, name)()
    return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
