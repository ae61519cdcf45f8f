#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Saving and changing in place, as other programs see it: git, strace, a full disk. Prints TAP."""

import argparse
import os
import resource
import shutil
import stat
import subprocess
import sys
import tempfile
import time

from tap import ROOT, Run, Tap, clean_environment, find_build, own_mounts

DIALECTS = os.path.join(ROOT, 'testdata', 'dialects')
SEEDS = os.path.join(ROOT, 'testdata', 'seeds')
MARKER = '.tapedeck-'
NOBODY = 65534


def read(path):
  with open(path, 'rb') as f:
    return f.read()


def write(path, data, mode=None):
  with open(path, 'wb') as f:
    f.write(data)
  if mode is not None:
    os.chmod(path, mode)
  return path


class Suite:
  def __init__(self, build, folder):
    self.tap = Tap()
    self.root = folder
    # A copy that another user can run as well.
    os.chmod(folder, 0o755)
    self.edit = shutil.copy(os.path.join(os.path.abspath(build), 'tests', 'edit'), folder)
    # LeakSanitizer does not work under strace.
    self.env = clean_environment(GIT_CONFIG_GLOBAL='/dev/null', ASAN_OPTIONS='detect_leaks=0')
    self.count = 0
    self.repository = self.make_repository()

  def folder(self):
    self.count += 1
    path = os.path.join(self.root, str(self.count))
    os.mkdir(path)
    os.chmod(path, 0o755)
    return path

  def litter(self, folder):
    return [name for name in os.listdir(folder) if MARKER in name]

  def run(self, *command, **options):
    return Run(list(command), env=self.env, **options)

  def save(self, path, data, **options):
    return self.run(self.edit, '--save', path, data=data, **options)

  def refused(self, name, run, path, old, message, folder=None):
    """Not saved: a reason that names the file, the old content, and nothing left behind."""
    folder = folder or os.path.dirname(path)
    told = run.err.decode()
    now = read(path) if os.path.isfile(path) else None
    self.tap.result(run.code == 3 and message in told and path in told and now == old
                    and not self.litter(folder), name,
                    f'{run.story()}\n{now!r}\n{os.listdir(folder)}')

  # ---- what git sees ----

  def git(self, folder, *arguments):
    return self.run('git', '-C', folder, '-c', 'user.name=t', '-c', 'user.email=t@example.com',
                    '-c', 'core.autocrlf=false', *arguments)

  def make_repository(self):
    folder = self.folder()
    for source in (DIALECTS, SEEDS):
      for name in os.listdir(source):
        shutil.copy(os.path.join(source, name), folder)
    self.git(folder, 'init', '-q')
    self.git(folder, 'add', '-A')
    self.git(folder, 'commit', '-qm', 'as recorded')
    return folder

  def numstat(self, name, *changes):
    """Added and removed lines, as git counts them."""
    path = os.path.join(self.repository, name)
    run = self.run(self.edit, path, *changes)
    diff = self.git(self.repository, 'diff', '--numstat', '-p').text()
    shutil.copy(os.path.join(SEEDS if os.path.exists(os.path.join(SEEDS, name)) else DIALECTS, name),
                path)
    fields = diff.split('\n', 1)[0].split()
    if run.code != 0 or len(fields) != 3:
      return None, run.story() + diff
    return (int(fields[0]), int(fields[1])), run.story() + diff

  def diffs(self):
    for name in ('bare', 'bom', 'compact', 'crlf', 'double-quoted', 'go-vcr', 'licence', 'no-ids',
                 'json', 'pyyaml'):
      path = name + '.yaml'
      found, story = self.numstat(path, 'header', '0', 'request', '1', 'text/plain; x')
      self.tap.result(found == (1, 1), f'{name}: a changed header is one changed line', story)
      found, story = self.numstat(path, 'append', '1')
      # A last line without an end gets one, and in JSON a comma.
      extra = name == 'bare'
      self.tap.result(found and found[0] > 20 and found[1] <= extra,
                      f'{name}: an added interaction is added lines', story)
      found, story = self.numstat(path, 'remove', '1')
      # The last one: in JSON the one before loses its comma.
      self.tap.result(found and found[0] == 0 and found[1] > 20,
                      f'{name}: the last interaction that goes is lines that go', story)
      found, story = self.numstat(path, 'remove', '0')
      # Ids that follow change, unless git takes the first `id: 0` for the one that stays.
      self.tap.result(found and found[0] <= 2 and found[1] > 20,
                      f'{name}: the first one as well, but for the ids', story)
    for name in sorted(os.listdir(SEEDS)):
      found, story = self.numstat(name, 'header', '0', 'request', '2', 'Other/1.0')
      self.tap.result(found == (1, 1), f'{name}: a changed header is one changed line', story)
      found, story = self.numstat(name, 'append', '0')
      self.tap.result(found and found[0] > 20 and found[1] == 0,
                      f'{name}: an added interaction is added lines', story)

  def body_line(self):
    body = 'data: {"delta":"Olá"}\n\ndata: {"delta":"changed"}\n\ndata: [DONE]\n\n'
    found, story = self.numstat('go-vcr.yaml', 'set', '0', 'response', '4', body)
    self.tap.result(found == (1, 1), 'a changed line of a body is that line alone', story)

  def untouched(self):
    folder = self.folder()
    path = shutil.copy(os.path.join(DIALECTS, 'pyyaml.yaml'), folder)
    os.utime(path, (1000, 1000))
    before = os.stat(path)
    run = self.run(self.edit, path, 'header', '0', 'request', '0', 'application/json')
    after = os.stat(path)
    self.tap.result(run.code == 0 and before.st_ino == after.st_ino and
                    before.st_mtime_ns == after.st_mtime_ns and
                    before.st_ctime_ns == after.st_ctime_ns, 'a value that is what it was: not written',
                    f'{run.story()}\n{before}\n{after}')

  # ---- killed ----

  def strace(self, *arguments):
    return ['strace', '-f', '-qq', '-o', os.path.join(self.root, 'trace'), *arguments]

  def kills(self):
    folder = self.folder()
    old = read(os.path.join(SEEDS, 'openai-chat-hello.yaml'))
    path = write(os.path.join(folder, 'cassette.yaml'), old)
    command = [self.edit, path, 'header', '0', 'request', '0', 'changed']
    if not shutil.which('strace') or self.run(*self.strace('true')).code != 0:
      self.random_kills(folder, path, old, command)
      return
    self.run(*self.strace(*command))
    new = read(path)
    with open(os.path.join(self.root, 'trace'), encoding='utf-8', errors='replace') as f:
      trace = f.read().splitlines()
    # From where the cassette is opened: before that it is only the loader's business. strace counts
    # the calls of each name by themselves.
    names = [line.split('(')[0].split()[-1] for line in trace if '(' in line and '+++' not in line]
    first = next(i for i, line in enumerate(trace)
                 if 'cassette.yaml' in line and 'execve' not in line)
    broken, olds, news, left = [], 0, 0, 0
    for number in range(first, len(names)):
      write(path, old)
      nth = names[:number + 1].count(names[number])
      run = self.run(*self.strace('-e', f'inject={names[number]}:signal=SIGKILL:when={nth}',
                                  *command))
      now = read(path)
      olds, news = olds + (now == old), news + (now == new)
      left += len(self.litter(folder)) > 0
      if run.code == 0 or now not in (old, new) or len(self.litter(folder)) > 1:
        broken.append(f'{trace[number]}: {run.code}, {self.litter(folder)}')
    self.tap.note(f'{len(names) - first} kills: {olds} times the old file, {news} the new one,'
                  f' {left} times something left')
    self.tap.result(not broken and old != new and olds > 5 and news > 2 and left > 2,
                    'killed at each of its system calls: a whole file', '\n'.join(broken))
    write(path, old)
    run = self.run(*command)
    self.tap.result(run.code == 0 and read(path) == new and os.listdir(folder) == ['cassette.yaml'],
                    'what the killed ones left is removed by the next', str(os.listdir(folder)))

  def random_kills(self, folder, path, old, command):
    self.tap.note('no strace, or it may not trace: kills at random')
    self.run(*command)
    new, broken = read(path), 0
    for _ in range(500):
      write(path, old)
      with subprocess.Popen(command, env=self.env) as process:
        time.sleep(int.from_bytes(os.urandom(2), 'big') / 65536 * 0.01)
        process.kill()
      broken += read(path) not in (old, new)
    self.tap.result(broken == 0, 'killed 500 times at random: a whole file')
    self.run(*command)
    self.tap.result(not self.litter(folder), 'what the killed ones left is removed by the next')

  def failing_calls(self):
    """Each call that can fail does: the old file, a reason, nothing left."""
    if not shutil.which('strace') or self.run(*self.strace('true')).code != 0:
      self.tap.skip('calls that fail', 'strace may not trace here')
      return
    for call, error, message in (('write', 'ENOSPC', 'No space left on device; make room'),
                                 ('write', 'EDQUOT', 'Disk quota exceeded; make room'),
                                 ('write', 'EIO', 'Input/output error'),
                                 ('fsync', 'EIO', 'Input/output error'),
                                 ('fsync', 'ENOSPC', 'No space left on device'),
                                 ('/rename.*', 'EBUSY', 'is it mounted by itself'),
                                 ('/rename.*', 'EACCES', 'give this user the right'),
                                 ('fchmod', 'EPERM', 'give this user the right')):
      folder = self.folder()
      path = write(os.path.join(folder, 'a.yaml'), b'old')
      run = self.run(*self.strace('-e', f'inject={call}:error={error}:when=1', self.edit, '--save',
                                  path), data=b'new')
      self.refused(f'{call} fails with {error}', run, path, b'old', message)
    for call in ('flock', 'getrandom', 'llistxattr', 'fremovexattr', 'getdents64'):
      folder = self.folder()
      path = write(os.path.join(folder, 'a.yaml'), b'old')
      run = self.run(*self.strace('-e', f'inject={call}:error=ENOSYS', self.edit, '--save', path),
                     data=b'new')
      self.tap.result(run.code == 0 and read(path) == b'new' and not self.litter(folder),
                      f'without {call} it is saved all the same', run.story())
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old')
    data = os.urandom(300000)
    run = self.run(*self.strace('-e', 'inject=write:error=EINTR:when=1+2', self.edit, '--save',
                                path), data=data)
    self.tap.result(run.code == 0 and read(path) == data, 'interrupted writes are gone on with',
                    run.story())

  # ---- full disks, missing rights ----

  def full(self):
    folder = self.folder()
    mount = [self.edit, '--save', os.path.join(folder, 'a.yaml')]
    script = 'mount -t tmpfs -o size=64k none "$0" && printf old >"$0/a.yaml" && ' \
             '"$@"; code=$?; cat "$0/a.yaml"; ls -A "$0"; exit $code'
    prefix = own_mounts()
    if not prefix:
      self.tap.skip('a full disk', 'nothing can be mounted here')
    else:
      run = self.run(*prefix, 'sh', '-c', script, folder, *mount, data=b'n' * 200000)
      self.tap.result(run.code == 3 and run.out == b'olda.yaml\n' and
                      b'a.yaml: cannot save: No space left on device; make room on the disk' in run.err,
                      'a full disk', f'{run.story()}\n{run.out}')
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old')
    with subprocess.Popen([self.edit, '--save', path], env=self.env, stdin=subprocess.PIPE,
                          stderr=subprocess.PIPE,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE,
                                                                (9000, 9000))) as process:
      _, err = process.communicate(b'n' * 200000)
    self.tap.result(process.returncode == 3 and b'File too large' in err and b'ulimit -f' in err and
                    read(path) == b'old' and not self.litter(folder),
                    'a limit of file sizes is an error, not a signal', f'{process.returncode} {err}')

  def read_only(self):
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old')
    script = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && "$@"'
    prefix = own_mounts()
    if not prefix:
      self.tap.skip('a read-only folder', 'nothing can be mounted here')
    else:
      run = self.run(*prefix, 'sh', '-c', script, folder, self.edit, '--save', path, data=b'new')
      self.refused('a read-only folder', run, path, b'old',
                   'Read-only file system; save it elsewhere')

  def as_nobody(self, path, data=b'new'):
    options = {'user': NOBODY, 'group': NOBODY, 'extra_groups': []} if os.geteuid() == 0 else {}
    with subprocess.Popen([self.edit, '--save', path], env=self.env, stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options) as process:
      run = Run.__new__(Run)
      run.command = process.args
      run.out, run.err = process.communicate(data)
      run.code = process.returncode
    return run

  def rights(self):
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old', 0o444)
    os.chmod(folder, 0o777)
    self.refused('a file that may not be written, in a folder that may', self.as_nobody(path), path,
                 b'old', 'Permission denied; give this user the right')
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old', 0o666)
    os.chmod(folder, 0o555)
    self.refused('a folder that may not be written', self.as_nobody(path), path, b'old',
                 'Permission denied; give this user the right')
    os.chmod(folder, 0o755)
    folder = self.folder()
    path = os.path.join(folder, 'none', 'a.yaml')
    self.refused('no such folder', self.save(path, b'new'), path, None,
                 'its folder is to be made first', folder)
    folder = self.folder()
    if os.geteuid() != 0:
      self.tap.skip('the mode where the group cannot be kept', 'not root')
      return
    path = write(os.path.join(folder, 'a.yaml'), b'old', 0o664)
    os.chmod(path, 0o666)
    os.chmod(folder, 0o777)
    os.chown(path, 0, 4)
    os.chmod(path, 0o662)
    run = self.as_nobody(path)
    found = os.stat(path)
    self.tap.result(run.code == 0 and found.st_gid == NOBODY and stat.S_IMODE(found.st_mode) == 0o622,
                    'a group that cannot be kept: the new one gets what others got',
                    f'{run.story()}\n{found}')

  # ---- what is kept, followed, refused ----

  def kept(self):
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old', 0o640)
    if os.geteuid() == 0:
      os.chown(path, 1234, 4321)
    attributes = True
    try:
      os.setxattr(path, 'user.colour', b'blue')
    except OSError:
      attributes = False
    before = os.stat(path)
    run = self.save(path, b'new')
    after = os.stat(path)
    self.tap.result(run.code == 0 and read(path) == b'new' and before.st_mode == after.st_mode and
                    (before.st_uid, before.st_gid) == (after.st_uid, after.st_gid) and
                    before.st_ino != after.st_ino, 'mode, owner and group are kept',
                    f'{run.story()}\n{before}\n{after}')
    if attributes:
      self.tap.result(os.getxattr(path, 'user.colour') == b'blue', 'extended attributes are kept')
    else:
      self.tap.skip('extended attributes are kept', 'this file system has none')
    path = os.path.join(folder, 'new.yaml')
    run = self.run('sh', '-c', 'umask 027; exec "$0" --save "$1"', self.edit, path, data=b'new')
    self.tap.result(run.code == 0 and stat.S_IMODE(os.stat(path).st_mode) == 0o640,
                    'a new file follows the umask', run.story())
    long = os.path.join(folder, 'l' * 250 + '.yaml')
    run = self.save(long, b'new')
    self.tap.result(run.code == 0 and read(long) == b'new' and not self.litter(folder),
                    'the longest name', run.story())
    run = self.run(self.edit, '--save', 'here.yaml', data=b'new', cwd=folder)
    self.tap.result(run.code == 0 and read(os.path.join(folder, 'here.yaml')) == b'new',
                    'a name alone', run.story())

  def links(self):
    folder = self.folder()
    os.mkdir(os.path.join(folder, 'far'))
    path = write(os.path.join(folder, 'far', 'a.yaml'), b'old')
    os.symlink('far/a.yaml', os.path.join(folder, 'one'))
    os.symlink(os.path.join(folder, 'one'), os.path.join(folder, 'two'))
    run = self.save(os.path.join(folder, 'two'), b'new')
    self.tap.result(run.code == 0 and read(path) == b'new' and not os.path.islink(path) and
                    os.readlink(os.path.join(folder, 'two')) == os.path.join(folder, 'one') and
                    os.readlink(os.path.join(folder, 'one')) == 'far/a.yaml' and
                    os.listdir(os.path.join(folder, 'far')) == ['a.yaml'],
                    'symbolic links are followed, and stay', run.story())
    os.symlink('far/b.yaml', os.path.join(folder, 'dangling'))
    run = self.save(os.path.join(folder, 'dangling'), b'new')
    self.tap.result(run.code == 0 and read(os.path.join(folder, 'far', 'b.yaml')) == b'new' and
                    os.path.islink(os.path.join(folder, 'dangling')),
                    'also where there is nothing yet', run.story())
    os.symlink('round', os.path.join(folder, 'round'))
    path = os.path.join(folder, 'round')
    self.refused('links in a circle', self.save(path, b'new'), path, None,
                 'Too many levels of symbolic links')

  def not_files(self):
    folder = self.folder()
    self.refused('a folder', self.save(folder, b'new'), folder, None, 'it is a folder, not a file')
    self.refused('a folder, with a slash', self.save(folder + '/', b'new'), folder + '/', None,
                 'it is a folder, not a file', folder)
    path = os.path.join(folder, 'pipe')
    os.mkfifo(path)
    self.refused('a pipe', self.save(path, b'new'), path, None, 'it is not a regular file')
    run = self.save('/dev/stdout', b'new')
    self.tap.result(run.code == 3 and b'/dev/stdout: cannot save: it leads into /proc' in run.err,
                    '/dev/stdout', run.story())
    run = self.save('/dev/null', b'new')
    self.tap.result(run.code == 3 and b'it is not a regular file' in run.err and
                    stat.S_ISCHR(os.stat('/dev/null').st_mode), '/dev/null', run.story())
    path = write(os.path.join(folder, 'a.yaml'), b'old')
    os.link(path, os.path.join(folder, 'b.yaml'))
    self.refused('a file with two names', self.save(path, b'new'), path, b'old',
                 'the file has 2 names (hard links)')
    run = self.save('', b'new')
    self.tap.result(run.code == 3 and b'No such file' in run.err, 'no name at all', run.story())

  # ---- several at once ----

  def at_once(self):
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old')
    contents = [bytes([65 + i]) * (200000 + i) for i in range(8)]
    broken = []
    for _ in range(5):
      processes = [subprocess.Popen([self.edit, '--save', path], env=self.env,
                                    stdin=subprocess.PIPE, stderr=subprocess.PIPE)
                   for _ in contents]
      for process, content in zip(processes, contents):
        process.stdin.write(content)
      for process in processes:
        process.stdin.close()
      while any(process.poll() is None for process in processes):
        if read(path) not in [b'old', *contents]:
          broken.append('a part of it was seen')
      for process in processes:
        if process.returncode != 0:
          broken.append(process.stderr.read().decode())
        process.stderr.close()
      if read(path) not in contents or os.listdir(folder) != ['a.yaml']:
        broken.append(str(os.listdir(folder)))
    self.tap.result(not broken, 'several at once: the last one wins, all are whole',
                    '\n'.join(broken))

  def leftovers(self):
    import fcntl
    folder = self.folder()
    path = write(os.path.join(folder, 'a.yaml'), b'old')
    dead = write(os.path.join(folder, '.a.yaml' + MARKER + 'abc123'), b'half')
    alive = write(os.path.join(folder, '.a.yaml' + MARKER + 'def456'), b'half')
    other = write(os.path.join(folder, '.b.yaml' + MARKER + 'abc123'), b'half')
    longer = write(os.path.join(folder, '.a.yaml' + MARKER + 'abc1234'), b'mine')
    with open(alive, 'rb') as held:
      fcntl.flock(held, fcntl.LOCK_EX)
      run = self.save(path, b'new')
    self.tap.result(run.code == 0 and not os.path.exists(dead) and os.path.exists(alive) and
                    os.path.exists(other) and os.path.exists(longer),
                    'what a dead process left goes, what a living one has stays',
                    f'{run.story()}\n{os.listdir(folder)}')

  def all(self):
    self.diffs()
    self.body_line()
    self.untouched()
    self.kills()
    self.failing_calls()
    self.full()
    self.read_only()
    self.rights()
    self.kept()
    self.links()
    self.not_files()
    self.at_once()
    self.leftovers()
    return self.tap.finish()


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build', help='build folder (default: build)')
  options = parser.parse_args()
  with tempfile.TemporaryDirectory(prefix='tapedeck-save-') as folder:
    return Suite(find_build(options.build), folder).all()


if __name__ == '__main__':
  sys.exit(main())
