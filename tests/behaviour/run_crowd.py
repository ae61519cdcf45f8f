#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What many programs record at once, and what is left of it when somebody is killed. Prints TAP.

TD_CROWD_ROUNDS: how often the large rounds run (default 1).
"""

import argparse
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from tap import (ROOT, Run, Tap, clean_environment, find_build, no_network, own_mounts,
                 preloaded_by)

sys.path.insert(0, os.path.join(ROOT, 'tests', 'nginx'))
import server  # noqa: E402

ROUNDS = int(os.environ.get('TD_CROWD_ROUNDS', 1))
INTERACTION = re.compile(
    r"- id: (\d+)\n  request:\n(?:    .*\n)*?    body: '\{\"id\":(\d+)(?:,\"more\":\"x*\")?\}'\n"
    r"(?:    .*\n)*?    url: \S*\?id=(\d+)\n    method: POST\n"
    r"  response:\n(?:    .*\n)*?    body: \|\n      (\d+) said\n(?:    .*\n)*?    code: 200\n"
    r"(?:    .*\n)*")


class Suite:
  def __init__(self, build, folder):
    self.tap, self.folder = Tap(), folder
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
    self.crowd = os.path.join(os.path.abspath(build), 'tests', 'crowd')
    self.shim = preloaded_by(self.tapedeck)
    ports = server.start(os.path.join(folder, 'server'))
    self.url = f'http://127.0.0.1:{ports["http"]}/said/'
    self.raw = f'http://127.0.0.1:{ports["raw"]}'
    # A program that does nothing. Not true(1): see tap.stock_programs_run().
    self.nothing = [self.crowd, self.url, '1', '1', '0']
    self.count = 0

  def close(self):
    server.stop(os.path.join(self.folder, 'server'))

  def cassette(self, name='hello.yaml'):
    """A path in a folder of its own."""
    self.count += 1
    path = os.path.join(self.folder, f'test{self.count}', name)
    os.mkdir(os.path.dirname(path))
    return path

  def record(self, cassette, *command, options=(), **more):
    return Run([self.tapedeck, 'record', *options, '-o', cassette, '--', *command],
               timeout=120, **more)

  def ids(self, cassette):
    """The ids of a file, and of what was asked; a problem where it is not one of whole
    interactions."""
    try:
      with open(cassette, encoding='utf-8') as file:
        text = file.read()
    except OSError as error:
      return [], [], str(error)
    shown = Run([self.tapedeck, 'show', cassette])
    begin = '---\nversion: 2\ninteractions:\n'
    ids, asked, at = [], [], len(begin)
    if shown.code or not text.startswith(begin):
      return [], [], shown.story() + text[:200]
    while at < len(text):
      match = INTERACTION.match(text, at)
      if not match or not match[2] == match[3] == match[4]:
        return ids, asked, 'not a whole interaction: ' + text[at:at + 1500]
      ids.append(int(match[1]))
      asked.append(int(match[2]))
      at = match.end()
    return ids, asked, ''

  def check(self, name, cassette, wanted, run=None, code=0, exactly=True):
    """The cassette has what was asked, once each, in whole interactions, and nothing lies about."""
    ids, asked, problem = self.ids(cassette)
    problems = [problem] if problem else []
    if run and run.code != code:
      problems.append(f'exit code {run.code}, not {code}')
    if ids != list(range(len(ids))):
      problems.append(f'ids {ids[:20]}...')
    if len(set(asked)) != len(asked):
      problems.append('recorded twice: ' + str(sorted(n for n in set(asked) if asked.count(n) > 1)))
    if set(wanted) - set(asked):
      problems.append(f'lost: {sorted(set(wanted) - set(asked))}')
    if exactly and set(asked) - set(wanted):
      problems.append(f'more: {sorted(set(asked) - set(wanted))}')
    left = sorted(os.listdir(os.path.dirname(cassette)))
    if left != [os.path.basename(cassette)]:
      problems.append(f'left behind: {left}')
    self.tap.result(not problems, name, '\n'.join(problems) + ('\n' + run.story() if run else ''))

  def done(self, run):
    return [int(number) for number in re.findall(r'^done (\d+)$', run.text(), re.M)]

  # Many at once

  def test_crowd(self):
    for number in range(ROUNDS):
      cassette = self.cassette()
      run = self.record(cassette, self.crowd, self.url, '16', '4', '1000')
      self.check(f'1,000 requests of 16 processes with 4 threads each, round {number + 1}',
                 cassette, range(1000), run)

  def test_fork(self):
    if 'asan' in self.shim:
      self.tap.skip('32 threads fork', "an address sanitizer's own locks do not outlive that")
      return
    cassette = self.cassette()
    run = self.record(cassette, self.crowd, '--fork', '--size', '50000', self.url, '2', '16', '320')
    self.check('32 threads fork for their requests', cassette, range(320), run)

  def test_ends(self):
    for option, code in (('--quick', 0), ('--exec', 0), ('--abort', 1), ('--close', 0),
                         ('--chdir', 0)):
      cassette = self.cassette()
      threads = '1' if option == '--close' else '3'
      run = self.record(cassette, self.crowd, option, self.url, '3', threads, '30')
      self.check('programs that ' + option[2:], cassette, range(30), run, code)

  def test_few_descriptors(self):
    cassette = self.cassette()
    script = f'for i in 0 1 2 3 4 5 6 7 8 9; do {self.crowd} {self.url} 9 1 9 & done; wait'
    run = Run(['prlimit', '--nofile=24', self.tapedeck, 'record', '-o', cassette, '--', 'sh', '-c',
               script], timeout=120)
    ids, asked, problem = self.ids(cassette)
    self.tap.result(run.code == 0 and not problem and sorted(asked) == sorted(list(range(9)) * 10),
                    'more journals than descriptors', run.story() + problem + str(asked))

    # What cannot be had for a tape is told, and not waited for without end.
    limits = range(5, 13)
    script = ''.join(f'(ulimit -n {limit}; {self.crowd} {self.url} 1 1 1; echo {limit} ended) & '
                     for limit in limits) + 'wait'
    run = Run([self.tapedeck, 'replay', '-q', '--replayable', cassette, '--', 'sh', '-c', script])
    self.tap.result(all(f'{limit} ended' in run.text() for limit in limits),
                    'a tape for want of descriptors', run.story())

  def test_names(self):
    for name in ('a name.yaml', 'a:b.yaml', 'olá.yaml', 'a\\b.yaml', '-dash.yaml', 'x' * 200):
      cassette = self.cassette(name)
      run = self.record('./' + name, self.crowd, '--chdir', self.url, '2', '1', '4',
                        cwd=os.path.dirname(cassette))
      self.check('a cassette called ' + name[:20], cassette, range(4), run)
    cassette = self.cassette('real.yaml')
    link = os.path.join(os.path.dirname(cassette), 'link')
    aside = os.path.join(self.folder, 'aside')
    os.mkdir(aside)
    with open(cassette, 'w') as file:
      file.write('---\nversion: 2\ninteractions: []\n')
    os.symlink(cassette, os.path.join(aside, 'link.yaml'))
    run = self.record(os.path.join(aside, 'link.yaml'), self.crowd, self.url, '1', '1', '3')
    self.check('a symbolic link to a cassette', cassette, range(3), run)
    self.tap.result(os.path.islink(os.path.join(aside, 'link.yaml')) and not os.path.exists(link),
                    'and the link stays')
    deep = os.path.join(self.folder, 'new', 'er', 'hello.yaml')
    run = self.record(deep, self.crowd, self.url, '1', '1', '3')
    self.check('a cassette in a folder that is not there', deep, range(3), run)

  def test_relative_tmpdir(self):
    """The folder of the run is found from wherever a program is."""
    cassette = self.cassette()
    where = os.path.dirname(cassette)
    os.mkdir(os.path.join(where, 'tmp'))
    run = self.record(cassette, self.crowd, '--chdir', self.url, '1', '1', '2', cwd=where,
                      env=dict(os.environ, TMPDIR='tmp'))
    left = os.listdir(os.path.join(where, 'tmp'))
    self.tap.result(not left, 'a relative TMPDIR is left empty', str(left))
    os.rmdir(os.path.join(where, 'tmp'))
    self.check('a relative TMPDIR', cassette, range(2), run)

  def test_two_recordings(self):
    """Two runs at once of one cassette."""
    for mode in ('once', 'new', 'record'):
      cassette = self.cassette()
      commands = [[self.tapedeck, 'record', '--mode', mode, '-o', cassette, '--', self.crowd,
                   '--pause', '20', self.url + name, '2', '2', '20'] for name in 'ab']
      runs = [subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                               env=clean_environment()) for command in commands]
      errors = [run.communicate()[1].decode() for run in runs]
      ids, asked, problem = self.ids(cassette)
      self.tap.result(not problem and sorted(asked) == sorted(list(range(20)) * 2)
                      and ids == list(range(40)) and [run.returncode for run in runs] == [0, 0],
                      f'two runs at once, {mode}', problem + str(asked) + ''.join(errors))

  def long_run(self, cassette, end='true'):
    """A recording under way: a program of its has ended, another one goes on for a second. Ends
    with `end`."""
    quick = f'{self.crowd} {self.url}quick 1 1 3'
    slow = f'{self.crowd} --pause 100 {self.url}slow 1 1 10'
    process, lines, reader = self.start([self.tapedeck, 'record', '-o', cassette, '--', 'sh', '-c',
                                         f'{quick}; {slow}; {end}'])
    while len([line for line in list(lines) if line.startswith('done')]) < 5:
      time.sleep(0.01)
    return process, reader

  def test_under_way(self):
    """What uses the cassette meanwhile does not take it for a recording that was killed."""
    def another_record(cassette):
      return self.record(cassette, self.crowd, self.url + 'other', '1', '1', '2')

    def check_fix(cassette):
      return Run([self.tapedeck, 'check', '--fix', cassette])

    def replay(cassette):
      return Run([self.tapedeck, 'replay', '-q', cassette, '--', *self.nothing])

    for other, more in ((another_record, [0, 1]), (check_fix, []), (replay, [])):
      cassette = self.cassette()
      process, reader = self.long_run(cassette)
      run = other(cassette)
      says = process.communicate()[1]
      reader.join()
      ids, asked, problem = self.ids(cassette)
      wanted = sorted([*range(3), *range(10), *more])
      self.tap.result(process.returncode == 0 and sorted(asked) == wanted and not problem and
                      'recorded 13 ' in says and b'when it was killed' not in run.err,
                      f'a recording under way, and {other.__name__}', f'{asked} {problem} {says}' +
                      run.story())
      cassette = self.cassette()
      self.record(cassette, self.crowd, self.url, '1', '1', '2')
      before = open(cassette, 'rb').read()
      process, reader = self.long_run(cassette, 'exit 7')
      if more:
        process.communicate()
      else:
        run = other(cassette)
        process.communicate()
      reader.join()
      ids, asked, problem = self.ids(cassette + '.failed')
      self.tap.result(process.returncode == 7 and open(cassette, 'rb').read() == before and
                      sorted(asked) == sorted([*range(3), *range(10)]) and not problem,
                      f'one that fails then, and {other.__name__ if not more else "nobody"}',
                      f'{asked} {problem}' + run.story())

  # Killed

  def start(self, command, **more):
    """The process, and the lines that it prints, as they come."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                               env=clean_environment(), start_new_session=True, **more)
    lines = []
    reader = threading.Thread(target=lambda: lines.extend(iter(process.stdout.readline, '')))
    reader.start()
    return process, lines, reader

  def test_killed(self):
    chance = random.Random(4)
    for number in range(ROUNDS):
      cassette = self.cassette()
      process, lines, reader = self.start(
          [self.tapedeck, 'record', '-o', cassette, '--', self.crowd, '--pause', '100', self.url,
           '16', '4', '1000'])
      pids, killed = [], 0
      while len(pids) < 16 and process.poll() is None:
        time.sleep(0.01)
        pids = [int(line.split()[1]) for line in list(lines) if line.startswith('pid')]
      for pid in chance.sample(pids, min(8, len(pids))):
        time.sleep(0.1)
        try:
          os.kill(pid, signal.SIGKILL)
          killed += 1
        except ProcessLookupError:
          pass
      process.stderr.read()
      process.wait()
      reader.join()
      done = [int(line.split()[1]) for line in lines if line.startswith('done')]
      self.check(f'{killed} of 16 processes killed, {len(done)} transfers over: all there, round '
                 f'{number + 1}', cassette, done, exactly=False)
      self.tap.result(killed > 2 and len(done) < 1000, 'and they were killed in the middle')

  def test_tapedeck_killed(self):
    for how in ('record', 'replay', 'environment'):
      cassette = self.cassette()
      process, lines, reader = self.start(
          [self.tapedeck, 'record', '-o', cassette, '--', self.crowd, '--pause', '20', self.url,
           '2', '2', '60'])
      while len(lines) < 10:
        time.sleep(0.01)
      os.kill(process.pid, signal.SIGKILL)
      process.wait()
      reader.join()  # the programs go on to their end
      if how == 'record':
        run = self.record(cassette, *self.nothing, options=['--mode', 'new'])
      elif how == 'replay':
        run = Run([self.tapedeck, 'replay', cassette, '--', *self.nothing])
      else:
        run = Run([self.crowd, self.url, '1', '1', '1'],
                  clean_environment(LD_PRELOAD=self.shim, TAPEDECK_CASSETTE=cassette))
      self.check(f'tapedeck killed: the next one saves what was recorded ({how})', cassette,
                 range(60), run)

  def test_not_recorded(self):
    """What did not come to be an interaction is told."""
    cassette = self.cassette()
    nowhere, = server.free_ports(1)
    run = self.record(cassette, self.crowd, f'http://127.0.0.1:{nowhere}/', '1', '1', '1')
    self.tap.result(b'1 request got no response' in run.err, 'nobody there', run.story())
    with socket.create_server(('127.0.0.1', 0)) as silent:
      process, lines, reader = self.start(
          [self.tapedeck, 'record', '-o', cassette, '--', self.crowd,
           f'http://127.0.0.1:{silent.getsockname()[1]}/', '1', '1', '1'])
      with silent.accept()[0] as peer:
        peer.recv(1)
        os.kill(int(lines[0].split()[1]), signal.SIGKILL)
        says = process.communicate()[1]
      reader.join()
    self.tap.result('1 transfer did not come to an end' in says,
                    'a program that is killed in the middle', says)

  def test_tapedeck_killed_replacing(self):
    cassette = self.cassette()
    self.record(cassette, self.crowd, self.url, '1', '1', '2')
    before = open(cassette, 'rb').read()
    process, lines, reader = self.start(
        [self.tapedeck, 'record', '-o', cassette, '--', self.crowd, '--pause', '100', self.url,
         '1', '1', '50'])
    while len([line for line in list(lines) if line.startswith('done')]) < 2:
      time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    reader.join()
    done = len([line for line in lines if line.startswith('done')])
    run = Run([self.tapedeck, 'check', '--fix', cassette])
    ids, asked, problem = self.ids(cassette + '.failed')
    self.tap.result(open(cassette, 'rb').read() == before and not problem and
                    len(asked) >= done and b".failed' that a recording" in run.err,
                    'one that was to replace a cassette leaves it, and what it had beside it',
                    f'{done} {asked} {problem}' + run.story())

  def test_merge_killed(self):
    """A save is killed at each of its system calls, and the next one goes on."""
    cassette = self.cassette()
    folder, trace = os.path.dirname(cassette), os.path.join(self.folder, 'trace')
    strace = ['strace', '-qq', '-o', trace]
    if not shutil.which('strace') or Run([*strace, 'true']).code:
      self.tap.skip('a save that is killed', 'no strace, or it may not trace')
      return
    self.record(cassette, self.crowd, self.url, '1', '1', '1')
    process, lines, reader = self.start([self.tapedeck, 'record', '--mode', 'new', '-o', cassette,
                                         '--', self.crowd, '--pause', '50', self.url, '1', '1',
                                         '4'])
    while not lines:
      time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    reader.join()
    kept = os.path.join(self.folder, 'kept')
    os.rename(folder, kept)
    save = [self.tapedeck, 'record', '-q', '--mode', 'new', '-o', cassette, '--',
            *self.nothing]

    def restore():
      shutil.rmtree(folder, ignore_errors=True)
      shutil.copytree(kept, folder, copy_function=shutil.copy2)

    restore()
    env = clean_environment(ASAN_OPTIONS='detect_leaks=0')  # which does not work under strace
    Run([*strace, *save], env)
    with open(trace, encoding='utf-8', errors='replace') as file:
      lines = file.read().splitlines()
    names = [line.split('(')[0] for line in lines if '(' in line and '+++' not in line]
    first = next(i for i, line in enumerate(lines) if '.journal' in line and 'execve' not in line)
    last = max(i for i, line in enumerate(lines) if 'rmdir(' in line or 'unlink' in line)
    changing = ('write', 'rename', 'renameat2', 'unlink', 'unlinkat', 'rmdir', 'fsync', 'openat',
                'ftruncate', 'fchmod', 'link', 'flock')
    bad, kills = [], 0
    for number in range(first, min(last, len(names) - 1) + 1):
      if names[number] not in changing:
        continue
      restore()
      nth = names[:number + 1].count(names[number])
      run = Run([*strace, '-e', f'inject={names[number]}:signal=SIGKILL:when={nth}', *save], env)
      kills += run.code != 0
      again = Run(save)
      ids, asked, problem = self.ids(cassette)
      if problem or again.code or ids != list(range(4)) or asked != ids:
        bad.append(f'{lines[number][:200]}: {again.code} {asked} {problem}')
      if os.listdir(folder) != ['hello.yaml']:
        bad.append(f'{lines[number][:200]}: left {os.listdir(folder)}')
    self.tap.note(f'{kills} kills')
    self.tap.result(not bad and kills > 15, 'a save that is killed at any of its system calls '
                    'neither loses nor doubles', '\n'.join(bad[:10]))

  def test_busy(self):
    """A program that outlives the command."""
    cassette = self.cassette()
    script = f'{self.crowd} --pause 100 {self.url} 1 1 10 >{self.folder}/busy & LD_PRELOAD= sleep 0.4'
    run = self.record(cassette, 'sh', '-c', script)
    self.tap.result(run.code == 0 and b'still running' in run.err, 'a program that still runs is '
                    'told', run.story())
    for _ in range(100):
      with open(self.folder + '/busy') as file:
        if 'done 9' in file.read():
          break
      time.sleep(0.05)
    time.sleep(0.1)
    run = self.record(cassette, *self.nothing, options=['--mode', 'new'])
    self.check('and what it records is saved by the next run', cassette, range(10), run)

  # Disks

  def fails(self, name, run, cassette, before, says):
    problems = []
    if len(self.done(run)) != 20:
      problems.append(f'{len(self.done(run))} of 20 transfers')
    if run.code != 3:
      problems.append(f'exit code {run.code}, not 3')
    for text in says:
      if text not in run.err.decode():
        problems.append('standard error does not say: ' + text)
    if before is not None and open(cassette, 'rb').read() != before:
      problems.append('the cassette was changed')
    self.tap.result(not problems, name, '\n'.join(problems) + run.story())

  def test_no_room(self):
    cassette = self.cassette()
    self.record(cassette, self.crowd, self.url, '1', '1', '2')
    before = open(cassette, 'rb').read()
    run = Run(['prlimit', '--fsize=50000', self.tapedeck, 'record', '-o', cassette, '--',
               self.crowd, '--size', '10000', self.url, '2', '2', '20'], timeout=60)
    self.fails('files may not grow', run, cassette, before, ['File too large', 'not recorded'])
    small = os.path.join(self.folder, 'small')
    os.mkdir(small)
    mounts = own_mounts()
    script = (f'mount -t tmpfs -o size=128k none {small} && cp {cassette} {small}/a.yaml; '
              f'{self.tapedeck} record -o {small}/a.yaml -- {self.crowd} --size 20000 {self.url} 2 '
              f'2 20; code=$?; cat {small}/a.yaml >{self.folder}/after; exit $code')
    if not mounts:
      self.tap.skip('a disk that is full', 'nothing can be mounted here')
    else:
      run = Run([*mounts, 'sh', '-c', script], timeout=60)
      self.fails('a disk that is full', run, f'{self.folder}/after', before,
                 ['No space left', 'not recorded'])

  def test_read_only(self):
    cassette = self.cassette()
    self.record(cassette, self.crowd, self.url, '1', '1', '2')
    before = open(cassette, 'rb').read()
    folder = os.path.dirname(cassette)
    os.chmod(cassette, 0o444)
    os.chmod(folder, 0o555)
    drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] \
        if os.geteuid() == 0 else []
    os.chmod(self.folder, 0o755)
    command = ['-o', cassette, '--', self.crowd, self.url, '2', '2', '20']
    run = Run([*drop, self.tapedeck, 'record', '--mode', 'new', *command], timeout=60)
    self.fails('a folder that may not be written to', run, cassette, before,
               ['Permission denied', 'not recorded'])
    run = Run([*drop, self.tapedeck, 'record', *command], timeout=60)
    self.tap.result(run.code == 3 and not self.done(run) and b'Permission denied' in run.err,
                    'what could not be kept is not asked for', run.story())
    os.chmod(folder, 0o755)

  def test_journal_removed(self):
    cassette = self.cassette()
    process, lines, reader = self.start(
        [self.tapedeck, 'record', '-o', cassette, '--', self.crowd, '--pause', '30', self.url, '1',
         '2', '20'])
    while len(lines) < 6:
      time.sleep(0.01)
    gone = len([line for line in lines if line.startswith('done')])
    Run(['rm', '-rf', cassette + '.journal'])
    process.stderr.read()
    process.wait()
    reader.join()
    ids, asked, problem = self.ids(cassette)
    self.tap.result(not problem and len(asked) >= 20 - gone - 3, 'a journal that was removed '
                    'loses what was in it, and no more', f'{gone} gone, {asked} {problem}')


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build')
  parser.add_argument('test', nargs='*', help='only these')
  options = parser.parse_args()
  if not server.find_nginx():
    print('1..0 # SKIP nginx is not installed')
    return 0
  started = time.monotonic()
  with tempfile.TemporaryDirectory(prefix='crowd-') as folder:
    os.chmod(folder, 0o755)  # nginx gives up root's rights
    suite = Suite(find_build(options.build), folder)
    try:
      for name in sorted(dir(suite)):
        if name.startswith('test_') and (not options.test or name[5:] in options.test):
          getattr(suite, name)()
    finally:
      suite.close()
  suite.tap.note(f'{time.monotonic() - started:.1f} s')
  return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
