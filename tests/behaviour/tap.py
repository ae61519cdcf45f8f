# SPDX-License-Identifier: MIT
"""Test Anything Protocol on standard output, and the runs of programs that the tests share."""

import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Tap:
  """Counts and prints results; the plan comes at the end."""

  def __init__(self):
    self.count, self.failed = 0, 0

  def result(self, ok, name, detail=''):
    self.count += 1
    self.failed += not ok
    print(f'{"ok" if ok else "not ok"} {self.count} - {name}')
    if detail and not ok:
      self.note(detail)
    sys.stdout.flush()
    return ok

  def skip(self, name, reason):
    self.count += 1
    print(f'ok {self.count} - {name} # SKIP {reason}', flush=True)

  def note(self, text):
    for line in text.splitlines():
      print('# ' + line)

  def finish(self):
    print(f'1..{self.count}', flush=True)
    return 1 if self.failed else 0


def find_build(option):
  return option or os.environ.get('TD_BUILD_ROOT') or os.path.join(ROOT, 'build')


def unshared(option, trial):
  """The command that runs the rest in a namespace of its own, or nothing where that is not allowed,
  as in many containers. `trial` is what has to go well in it."""
  for prefix in (['unshare', option], ['unshare', '-r', option]):
    if shutil.which('unshare') and subprocess.run(prefix + trial,
                                                  capture_output=True).returncode == 0:
      return prefix
  return []


def no_network():
  return unshared('-n', ['true'])


def own_mounts():
  return unshared('-m', ['mount', '-t', 'tmpfs', 'none', '/mnt'])


def clean_environment(**extra):
  """The environment without what would change how libcurl or Tapedeck behave."""
  env = {key: value for key, value in os.environ.items()
         if not key.lower().endswith('_proxy') and not key.startswith('TAPEDECK_')
         and key not in ('LD_PRELOAD', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE', 'CURL_HOME')}
  env = {**env, 'LC_ALL': 'C.UTF-8', **extra}
  always = os.environ.get('TD_TEST_PRELOAD')  # see no_locale.c
  preload = env.get('LD_PRELOAD', '').split(':')
  if always and always not in preload:
    env['LD_PRELOAD'] = ':'.join(filter(None, [*preload, always]))
  return env


def preloaded_by(tapedeck):
  """What the command preloads: the shim, behind a sanitizer's runtime where there is one."""
  seed = os.path.join(ROOT, 'testdata', 'seeds', 'openai-chat-hello.yaml')
  return Run([tapedeck, 'replay', '-q', seed, '--', 'sh', '-c', 'echo $LD_PRELOAD']).text().strip()


def stock_programs_run(preload):
  """Whether the stock curl runs with this preloaded. Debian's hangs in setlocale() as soon as an
  address sanitizer is, with no Tapedeck in sight: a sanitized build has to do without it."""
  runtimes = [path for path in preload.split(':') if 'asan' in path]
  if not runtimes:
    return True
  env = clean_environment(LD_PRELOAD=runtimes[0])
  return Run(['curl', '--version'], env=env, timeout=5).code == 0


class Run:
  """A finished program: its exit code (negative for a signal, None for none in time) and texts."""

  def __init__(self, command, env=None, timeout=30, data=None, cwd=None):
    self.command = command
    with subprocess.Popen(command, env=env or clean_environment(), cwd=cwd,
                          stdin=subprocess.PIPE if data is not None else subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          start_new_session=True) as process:
      try:
        self.out, self.err = process.communicate(data, timeout)
        self.code = process.returncode
      except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)  # its own session: nobody else is in it
        self.out, self.err = process.communicate()
        self.code = None

  def text(self):
    return self.out.decode('utf-8', 'backslashreplace')

  def story(self, limit=3000):
    """What happened, for a failed test."""
    show = lambda data: data[-limit:].decode('utf-8', 'backslashreplace')
    code = 'no end in time' if self.code is None else f'exit {self.code}'
    return f'$ {" ".join(map(str, self.command))}\n{code}\n{show(self.err)}'
