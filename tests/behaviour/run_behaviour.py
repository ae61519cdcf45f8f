#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether a program can tell the tape from the network.

Each scenario of tests/programs runs three times: against a live server, against the same server
through a forwarder that notes a cassette, and on that tape, without a network. What the program
saw must be the same each time. Over HTTP/2 the cassette is what the forwarder saw over HTTP/1.1,
written as HTTP/2 would have brought it, and the tape is compared with the live run.

Prints TAP. What cannot be equal is listed in unequal.py, each with its reason.
"""

import os
import sys

import unequal
from scenarios import Scenarios, check_all, command_line, compare, mask_times
from tap import ROOT

sys.path.insert(0, os.path.join(ROOT, 'tests', 'nginx'))
import capture as capturing  # noqa: E402


class Behaviour(Scenarios):
  def __init__(self, options, folder):
    super().__init__(options, folder)
    if options.live or not os.access(self.tapedeck, os.X_OK):
      self.tapedeck = None
    self.capture = capturing.Capture(self.prefix + '/server.pem', self.prefix + '/server.key')
    doors = {name: self.capture.open(self.ports[name], 'tls' in name)
             for name in ('http', 'tls', 'raw', 'raw_tls')}
    self.taped = {**doors, 'h2': doors['tls']}

  def close(self):
    self.capture.close()
    super().close()

  def record(self, name, transport):
    """The scenario through the forwarder."""
    self.capture.begin()
    run = self.run(name, transport, self.taped)
    http2_port = self.taped['h2'] if transport == 'http2' else None
    with open(self.cassette(name, transport), 'w', encoding='utf-8') as file:
      file.write(capturing.cassette_text(self.capture.finish(), http2_port))
    return run

  def play(self, name, transport):
    replay = [*self.offline, self.tapedeck, 'replay', self.cassette(name, transport), '--']
    return self.run(name, transport, self.taped, replay, **unequal.tape_environment(name))

  def check(self, tap, name, transport):
    title = f'{name} over {transport}'
    if transport == 'http2':
      self.check_http2(tap, name, title)
      return
    captured = self.check_live(tap, title + ': captured as live', name, transport,
                               lambda: self.record(name, transport), 'captured', self.taped)
    if self.skip_tape(tap, name, title):
      return
    tape = self.play(name, transport)  # the same recording: equal to the byte
    diff = compare(mask_times(captured.text()), mask_times(tape.text()), ('captured', 'tape'), name,
                   transport)
    tap.result(tape.code == 0 and not diff, title + ': on tape', tape.story() + diff)

  def check_http2(self, tap, name, title):
    if self.skip_tape(tap, name, title):
      return
    self.record(name, 'http2')
    tape = self.play(name, 'http2')
    self.check_live(tap, title + ': on tape', name, 'http2', lambda: tape, 'tape', self.taped)

  def skip_tape(self, tap, name, title):
    reason = unequal.not_on_tape(name) or (None if self.tapedeck else 'no tapedeck command')
    if reason:
      tap.skip(title + ': on tape', reason)
    return reason


def main():
  parser = command_line(__doc__)
  parser.add_argument('--live', action='store_true', help='without the runs on tape')
  return check_all(Behaviour, parser.parse_args())


if __name__ == '__main__':
  sys.exit(main())
