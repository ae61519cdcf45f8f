#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What becomes of a cassette, and of requests that it knows or not, in every mode: by the command,
and by the environment alone (LD_PRELOAD, TAPEDECK_CASSETTE, TAPEDECK_MODE). Prints TAP."""

import argparse
import os
import re
import sys
import tempfile

from tap import ROOT, Run, Tap, clean_environment, find_build, no_network, preloaded_by

sys.path.insert(0, os.path.join(ROOT, 'tests', 'nginx'))
import server  # noqa: E402

PLAYS = ('replay', 'once', 'new')
# name, where the cassette is; whether what is asked is known; by mode: the exit code of the
# command; what the cassette has asked afterwards (None: there is none); whether it is as it was.
TABLE = [
    ('missing', {'replay': (3, None), 'once': (0, [0]), 'new': (0, [0]), 'record': (0, [0]),
                 'passthrough': (0, None)}),
    ('known', {'replay': (0, [0]), 'once': (0, [0]), 'new': (0, [0]), 'record': (0, [0]),
               'passthrough': (0, [0])}),
    ('unknown', {'replay': (1, [0]), 'once': (1, [0]), 'new': (0, [0, 1]), 'record': (0, [0, 1]),
                 'passthrough': (0, [0])}),
]


class Suite:
  def __init__(self, build, folder):
    self.tap, self.folder = Tap(), folder
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.crowd = os.path.join(os.path.abspath(build), 'tests', 'crowd')
    self.offline = no_network()
    self.ports = ports = server.start(os.path.join(folder, 'server'))
    self.url = f'http://127.0.0.1:{ports["http"]}/said/'
    self.cassette = os.path.join(folder, 'hello.yaml')
    first = self.record('record', 1)
    self.known = self.read()
    self.tap.result(first.code == 0 and self.asked() == [0], 'there is a cassette', first.story())
    self.shim = preloaded_by(self.tapedeck)

  def close(self):
    server.stop(os.path.join(self.folder, 'server'))

  def read(self):
    try:
      with open(self.cassette, 'rb') as file:
        return file.read()
    except FileNotFoundError:
      return None

  def write(self, data):
    if os.path.exists(self.cassette):
      os.unlink(self.cassette)
    if data is not None:
      with open(self.cassette, 'wb') as file:
        file.write(data)

  def asked(self):
    text = self.read()
    return text and [int(number) for number in re.findall(rb'''body: '\{"id":(\d+)\}\'''', text)]

  def ask(self, count):
    return [self.crowd, self.url, '1', '1', str(count)]

  def record(self, mode, count, before=()):
    return Run([*before, self.tapedeck, 'record', '--mode', mode, '-o', self.cassette, '--',
                *self.ask(count)])

  def environment(self, mode, count, before=()):
    return Run([*before, *self.ask(count)],
               clean_environment(LD_PRELOAD=self.shim, TAPEDECK_CASSETTE=self.cassette,
                                 TAPEDECK_MODE=mode))

  def test_table(self):
    for how in ('record', 'environment'):
      run = getattr(self, how)
      for row, modes in TABLE:
        for mode, (code, asked) in modes.items():
          name = f'{how}, {mode}, {row}'
          self.write(None if row == 'missing' else self.known)
          done = run(mode, 2 if row == 'unknown' else 1)
          if how == 'environment' and code == 3:
            code = 1  # the program is started, and its transfer fails
          good = done.code == code and self.asked() == asked
          same = self.read() == self.known
          if row != 'missing' and mode != 'record' and (mode != 'new' or row == 'known'):
            good &= same
          if mode == 'new' and row == 'unknown':
            good &= self.read().startswith(self.known)
          if mode == 'record' and row == 'known':
            good &= not same  # it is another recording, of another duration
          left = sorted(os.listdir(self.folder))
          good &= left == (['hello.yaml', 'server'] if asked is not None else ['server'])
          self.tap.result(good, name, f'{done.story()}asked {self.asked()}, same {same}, {left}')
          if row == 'known' and self.offline:
            self.write(self.known)
            done = run(mode, 1, self.offline)
            self.tap.result((done.code == 0) == (mode in PLAYS) and self.read() == self.known,
                            name + ', offline', done.story())

  def test_git_diff(self):
    """What `new` adds is all that a reviewer sees."""
    folder = os.path.join(self.folder, 'repository')
    os.mkdir(folder)
    git = lambda *arguments: Run(['git', '-c', 'user.name=a', '-c', 'user.email=a@a.test',
                                  *arguments], cwd=folder).text()
    where, self.cassette = self.cassette, os.path.join(folder, 'hello.yaml')
    seed = os.path.join(ROOT, 'testdata/seeds/openai-chat-hello.yaml')
    with open(seed, 'rb') as file:
      self.write(b'# of somebody\n' + file.read())
    git('init', '-q')
    git('add', '.')
    git('commit', '-qm', 'one')
    run = self.record('new', 2)
    diff = git('diff', '--unified=0')
    removed = [line for line in diff.splitlines() if re.match(r'-(?!--)', line)]
    self.tap.result(run.code == 0 and not removed and diff.count('\n+- id:') == 2,
                    'new: git diff shows added lines only', run.story() + diff)
    self.cassette = where

  def test_choices(self):
    """What can be said by the environment alone."""
    self.write(None)
    env = clean_environment(LD_PRELOAD=self.shim, TAPEDECK_CASSETTE=self.cassette,
                            TAPEDECK_MODE='record', TAPEDECK_TIMING='0')
    run = Run(self.ask(3), env)
    self.tap.result(run.code == 0 and self.asked() == [0, 1, 2] and b'chunks:' not in self.read(),
                    'TAPEDECK_TIMING=0', run.story())
    self.write(None)
    run = Run(self.ask(3), {**env, 'TAPEDECK_PASSTHROUGH': 'a.test,127.0.0.1'})
    self.tap.result(run.code == 0 and self.asked() is None, 'TAPEDECK_PASSTHROUGH', run.story())
    run = Run(self.ask(1), {**env, 'TAPEDECK_MODE': 'nonsense'})
    self.tap.result(run.code == 1 and b"no mode 'nonsense'" in run.err and self.asked() is None,
                    'a mode that is none', run.story())
    run = Run([self.crowd, '--chdir', *self.ask(2)[1:]],
              {**env, 'TAPEDECK_CASSETTE': 'hello.yaml'}, cwd=self.folder)
    self.tap.result(run.code == 0 and self.asked() == [0, 1],
                    'a relative name, and a program that changes folders', run.story())

  def test_told(self):
    """What is told of transfers that came to nothing: how many, and no secret."""
    self.write(None)
    raw = f'http://ada:secret@127.0.0.1:{self.ports["raw"]}/up/die?where=nothing&token=abcdef'
    key = 'sk-proj-' + 'abcdefghij0123456789' * 3
    far = raw + '&q=' + 'x' * 1900 + key
    self.write(self.known)
    run = Run([self.tapedeck, 'record', '--mode', 'new', '-o', self.cassette, '--', 'sh', '-c',
               '"$0" "$1" 1 1 1; "$0" "$2" 1 1 1; "$0" "$3" 1 1 1', self.crowd, self.url, raw, far])
    said = run.err.decode()
    self.tap.result('1 of 3 requests answered' in said
                    and said.count('not recorded, no response came') == 2,
                    'requests that got no response are counted', run.story())
    self.tap.result(not re.search('secret@|abcdef|sk-proj', said),
                    'and told of without their secrets', run.story())
    run = Run([self.tapedeck, 'replay', self.cassette, '--', self.crowd,
               raw.replace('http', 'ftp'), '1', '1', '1'])
    self.tap.result(b'was refused: ftp://' in run.err
                    and not re.search(b'secret@|abcdef', run.out + run.err),
                    'so are those that are refused', run.story())

  def test_refused(self):
    """Before the program is started."""
    nowhere = clean_environment(TMPDIR='/proc/nowhere')
    started = os.path.join(self.folder, 'started')
    for code, extra, says, env in (
        (2, ['--mode', 'nonsense'], "no mode 'nonsense'", None),
        (2, ['--nonsense'], "no option '--nonsense'", None),
        (3, ['-o', self.folder], 'it is a folder', None),
        (3, ['-o', '/dev/null'], 'it is no file', None),
        (3, ['-o', '/proc/nowhere/a.yaml'], 'cannot be recorded to', None),
        (3, ['-o', self.cassette, '--mode', 'new'], 'TMPDIR says where', nowhere)):
      run = Run([self.tapedeck, 'record', *extra, '--', 'touch', started], env)
      self.tap.result(run.code == code and says in run.err.decode()
                      and not os.path.exists(started), 'refused: ' + says, run.story())


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build')
  options = parser.parse_args()
  if not server.find_nginx():
    print('1..0 # SKIP nginx is not installed')
    return 0
  with tempfile.TemporaryDirectory(prefix='modes-') as folder:
    os.chmod(folder, 0o755)  # nginx gives up root's rights
    suite = Suite(find_build(options.build), folder)
    try:
      for name in sorted(dir(suite), reverse=True):
        if name.startswith('test_'):
          getattr(suite, name)()
    finally:
      suite.close()
    return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
