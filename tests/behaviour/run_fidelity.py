#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether what was recorded can be told from what happened.

Each scenario of tests/programs runs three times against a real server: live without Tapedeck, live
under `tapedeck record`, and offline under `tapedeck replay` from what was just recorded. What the
program saw must be the same each time.

Prints TAP. What cannot be equal is listed in unequal.py, each with its reason.
"""

import os
import sys

import unequal
from scenarios import Scenarios, check_all, command_line, compare, mask_times


class Fidelity(Scenarios):
  def check(self, tap, name, transport):
    title = f'{name} over {transport}'
    cassette = self.cassette(name, transport)
    record = [self.tapedeck, 'record', '-q', '--keep-broken', '-o', cassette, '--']
    replay = [*self.offline, self.tapedeck, 'replay', '-q', cassette, '--']
    # What libcurl itself leaks is no finding.
    sanitizer = {key: value for key, value in unequal.tape_environment(name).items()
                 if key == 'ASAN_OPTIONS'}
    recorded = self.check_live(
        tap, title + ': recorded as live', name, transport,
        lambda: self.run(name, transport, self.ports, record, **sanitizer), 'recorded', self.ports)
    if not os.path.exists(cassette):  # the program has not got as far as an answer
      with open(cassette, 'w') as file:
        file.write('---\nversion: 2\ninteractions: []\n')
    reason = unequal.not_on_tape(name)
    if reason:
      tap.skip(title + ': replayed as recorded', reason)
      return
    tape = self.run(name, transport, self.ports, replay, **unequal.tape_environment(name))
    diff = compare(mask_times(recorded.text()), mask_times(tape.text()), ('recorded', 'tape'), name,
                   transport, unequal.without_secrets)
    tap.result(tape.code == 0 and not diff, title + ': replayed as recorded', tape.story() + diff)


def main():
  return check_all(Fidelity, command_line(__doc__).parse_args())


if __name__ == '__main__':
  sys.exit(main())
