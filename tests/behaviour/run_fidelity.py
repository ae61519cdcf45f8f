#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether what was recorded can be told from what happened.

Each scenario of tests/programs runs three times against a real server: live without Tapedeck, live
under `tapedeck record`, and offline under `tapedeck replay` from what was just recorded. What the
program saw must be the same each time.

Prints TAP. What cannot be equal is listed in unequal.py, each with its reason.
"""

import argparse
import os
import re
import sys
import tempfile
import time

import unequal
from run_behaviour import TRANSPORTS, compare, mask, mask_times, places
from tap import ROOT, Run, Tap, clean_environment, find_build, no_network

sys.path.insert(0, os.path.join(ROOT, 'tests', 'nginx'))
import server  # noqa: E402

ATTEMPTS = 3


class Fidelity:
  def __init__(self, options, folder):
    self.folder, self.tapedeck = folder, options.tapedeck
    self.scenario = os.path.join(options.programs, 'scenario')
    self.offline = no_network()
    prefix = os.path.join(folder, 'server')
    self.ports = server.start(prefix)
    self.env = clean_environment(SCENARIO_CAINFO=os.path.join(prefix, 'ca.pem'))

  def close(self):
    server.stop(os.path.join(self.folder, 'server'))

  def names(self):
    return Run([self.scenario, '--list']).text().split()

  def run(self, name, transport, before=(), **env):
    return Run([*before, self.scenario, name, *places(transport, self.ports)],
               {**self.env, **env})

  def check(self, tap, name, transport):
    title = f'{name} over {transport}'
    cassette = os.path.join(self.folder, f'{name}-{transport}.yaml')
    record = [self.tapedeck, 'record', '-q', '--keep-broken', '-o', cassette, '--']
    replay = [*self.offline, self.tapedeck, 'replay', '-q', cassette, '--']
    # What libcurl itself leaks is no finding.
    sanitizer = {key: value for key, value in unequal.tape_environment(name).items()
                 if key == 'ASAN_OPTIONS'}
    for _ in range(ATTEMPTS):  # on a busy machine, paced events may arrive glued together
      live = self.run(name, transport)
      recorded = self.run(name, transport, record, **sanitizer)
      diff = compare(mask(live.text(), self.ports), mask(recorded.text(), self.ports),
                     ('live', 'recorded'), name, transport)
      if live.code == 0 and recorded.code == 0 and not diff:
        break
    tap.result(live.code == 0 and recorded.code == 0 and not diff, title + ': recorded as live',
               live.story() + recorded.story() + diff)
    if not os.path.exists(cassette):  # the program has not got as far as an answer
      with open(cassette, 'w') as file:
        file.write('---\nversion: 2\ninteractions: []\n')
    reason = unequal.not_on_tape(name)
    if reason:
      tap.skip(title + ': replayed as recorded', reason)
      return
    tape = self.run(name, transport, replay, **unequal.tape_environment(name))
    diff = compare(mask_times(recorded.text()), mask_times(tape.text()), ('recorded', 'tape'), name,
                   transport, unequal.without_secrets)
    tap.result(tape.code == 0 and not diff, title + ': replayed as recorded', tape.story() + diff)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  parser.add_argument('--programs', help='where the test programs are')
  parser.add_argument('--tapedeck', help='the tapedeck command')
  parser.add_argument('--transport', choices=TRANSPORTS, action='append')
  parser.add_argument('--keep', metavar='DIR', help='leave server files and cassettes in DIR')
  parser.add_argument('scenario', nargs='*', help='only these (a * at the end stands for all)')
  options = parser.parse_args()
  build = find_build(options.build)
  options.programs = options.programs or os.path.join(build, 'tests')
  options.tapedeck = options.tapedeck or os.path.join(build, 'cli', 'tapedeck')
  if not server.find_nginx():
    print('1..0 # SKIP nginx is not installed')
    return 0
  wanted = [re.compile(re.escape(name).replace(r'\*', '.*') + '$') for name in options.scenario]
  tap, started = Tap(), time.monotonic()
  with tempfile.TemporaryDirectory(prefix='fidelity-') as folder:
    os.chmod(folder, 0o755)  # nginx gives up root's rights
    fidelity = Fidelity(options, os.path.abspath(options.keep) if options.keep else folder)
    try:
      for name in fidelity.names():
        if wanted and not any(pattern.match(name) for pattern in wanted):
          continue
        for transport in options.transport or TRANSPORTS:
          if transport in unequal.transports(name):
            fidelity.check(tap, name, transport)
    finally:
      fidelity.close()
  tap.note(f'{time.monotonic() - started:.1f} s')
  return tap.finish()


if __name__ == '__main__':
  sys.exit(main())
