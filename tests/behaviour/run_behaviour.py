#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether a program can tell the tape from the network.

Each scenario of tests/programs runs three times: against a live server, against the same server
through a forwarder that notes a cassette, and on that tape, without a network. What the program
saw must be the same each time. Over HTTP/2 the cassette is what the forwarder saw over HTTP/1.1,
written as HTTP/2 would have brought it, and the tape is compared with the live run.

Prints TAP. What cannot be equal is listed in unequal.py, each with its reason.
"""

import argparse
import difflib
import os
import re
import sys
import tempfile
import time

import unequal
from tap import ROOT, Run, Tap, clean_environment, find_build, no_network

sys.path.insert(0, os.path.join(ROOT, 'tests', 'nginx'))
import capture as capturing  # noqa: E402
import server  # noqa: E402

TRANSPORTS = ('http', 'https', 'http2')
ATTEMPTS = 3


def places(transport, ports):
  """The four URLs that a scenario is given."""
  plain, secure = ports['http'], ports['h2' if transport == 'http2' else 'tls']
  if transport == 'http':
    return [f'http://a.localhost:{plain}', f'http://b.localhost:{plain}',
            f'https://a.localhost:{secure}', f'http://a.localhost:{ports["raw"]}']
  return [f'https://a.localhost:{secure}', f'https://b.localhost:{secure}',
          f'http://a.localhost:{plain}', f'https://a.localhost:{ports["raw_tls"]}']


def mask(text, ports):
  """What differs between two live runs and says nothing: ports, the date, milliseconds."""
  names = {str(port): '(tls)' if name == 'h2' else f'({name})' for name, port in ports.items()}
  text = re.sub(r'(?<![0-9])[0-9]{5}(?![0-9])', lambda match: names.get(match[0], match[0]), text)
  text = re.sub(r"(?<=[Dd]ate: )\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT", '(date)', text)
  text = re.sub(r"('[Dd]ate' = )'[^']*'", r"\1'(date)'", text)
  return mask_times(text)


def mask_times(text):
  return re.sub(r'\b\d+ milliseconds', '(some) milliseconds', text)


def compare(want, got, names, scenario, transport, hide=lambda text, scenario: text):
  """A unified diff, empty where they are equal but for what cannot be."""
  lines = [hide('\n'.join(unequal.equalise(text, scenario, transport)), scenario).splitlines()
           for text in (want, got)]
  return '\n'.join(difflib.unified_diff(*lines, *names, lineterm='', n=2))


class Behaviour:
  def __init__(self, options, folder):
    self.folder = folder
    self.scenario = os.path.join(options.programs, 'scenario')
    self.tapedeck = options.tapedeck if os.access(options.tapedeck, os.X_OK) else None
    self.offline = no_network()
    self.live = server.start(os.path.join(folder, 'server'))
    prefix = os.path.join(folder, 'server')
    self.capture = capturing.Capture(prefix + '/server.pem', prefix + '/server.key')
    doors = {name: self.capture.open(self.live[name], 'tls' in name)
             for name in ('http', 'tls', 'raw', 'raw_tls')}
    self.taped = {**doors, 'h2': doors['tls']}
    self.env = clean_environment(SCENARIO_CAINFO=os.path.join(prefix, 'ca.pem'))

  def close(self):
    self.capture.close()
    server.stop(os.path.join(self.folder, 'server'))

  def names(self):
    return Run([self.scenario, '--list']).text().split()

  def run(self, name, transport, ports, before=(), **env):
    return Run([*before, self.scenario, name, *places(transport, ports)], {**self.env, **env})

  def record(self, name, transport):
    """The scenario through the forwarder, and the path of the cassette."""
    self.capture.begin()
    run = self.run(name, transport, self.taped)
    cassette = os.path.join(self.folder, f'{name}-{transport}.yaml')
    http2_port = self.taped['h2'] if transport == 'http2' else None
    with open(cassette, 'w', encoding='utf-8') as file:
      file.write(capturing.cassette_text(self.capture.finish(), http2_port))
    return run, cassette

  def play(self, name, transport, cassette):
    return self.run(name, transport, self.taped, (*self.offline, self.tapedeck, 'replay', cassette,
                                                  '--'), **unequal.tape_environment(name))

  def agree(self, name, transport, make, other, names):
    """Runs live until it agrees with the other text: on a busy machine, a live server's paced
    events may arrive glued together. The last live run, and the difference."""
    for _ in range(ATTEMPTS):
      live = self.run(name, transport, self.live)
      run = make()
      diff = compare(mask(live.text(), self.live), mask(other(run).text(), self.taped), names, name,
                     transport)
      if live.code == 0 and not diff:
        break
    return live, run, diff

  def check(self, tap, name, transport):
    title = f'{name} over {transport}'
    if transport == 'http2':
      self.check_http2(tap, name, title)
      return
    live, (captured, cassette), diff = self.agree(
        name, transport, lambda: self.record(name, transport), lambda made: made[0],
        ('live', 'captured'))
    tap.result(live.code == 0 and captured.code == 0 and not diff, title + ': captured as live',
               live.story() + captured.story() + diff)
    if self.skip_tape(tap, name, title):
      return
    tape = self.play(name, transport, cassette)  # the same recording: equal to the byte
    diff = compare(mask_times(captured.text()), mask_times(tape.text()), ('captured', 'tape'), name,
                   transport)
    tap.result(tape.code == 0 and not diff, title + ': on tape', tape.story() + diff)

  def check_http2(self, tap, name, title):
    if self.skip_tape(tap, name, title):
      return
    _, cassette = self.record(name, 'http2')
    tape = self.play(name, 'http2', cassette)
    live, _, diff = self.agree(name, 'http2', lambda: tape, lambda made: made, ('live', 'tape'))
    tap.result(live.code == 0 and tape.code == 0 and not diff, title + ': on tape',
               live.story() + tape.story() + diff)

  def skip_tape(self, tap, name, title):
    reason = unequal.not_on_tape(name) or (None if self.tapedeck else 'no tapedeck command')
    if reason:
      tap.skip(title + ': on tape', reason)
    return reason


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  parser.add_argument('--programs', help='where the test programs are')
  parser.add_argument('--tapedeck', help='the tapedeck command')
  parser.add_argument('--transport', choices=TRANSPORTS, action='append')
  parser.add_argument('--keep', metavar='DIR', help='leave server files and cassettes in DIR')
  parser.add_argument('--live', action='store_true', help='without the runs on tape')
  parser.add_argument('scenario', nargs='*', help='only these (a * at the end stands for all)')
  options = parser.parse_args()
  build = find_build(options.build)
  options.programs = options.programs or os.path.join(build, 'tests')
  options.tapedeck = options.tapedeck or os.path.join(build, 'cli', 'tapedeck')
  if options.live:
    options.tapedeck = ''
  if not server.find_nginx():
    print('1..0 # SKIP nginx is not installed')
    return 0
  wanted = [re.compile(re.escape(name).replace(r'\*', '.*') + '$') for name in options.scenario]
  tap, started = Tap(), time.monotonic()
  with tempfile.TemporaryDirectory(prefix='behaviour-') as folder:
    os.chmod(folder, 0o755)  # nginx gives up root's rights
    behaviour = Behaviour(options, os.path.abspath(options.keep) if options.keep else folder)
    try:
      for name in behaviour.names():
        if wanted and not any(pattern.match(name) for pattern in wanted):
          continue
        for transport in options.transport or TRANSPORTS:
          if transport in unequal.transports(name):
            behaviour.check(tap, name, transport)
    finally:
      behaviour.close()
  tap.note(f'{time.monotonic() - started:.1f} s')
  return tap.finish()


if __name__ == '__main__':
  sys.exit(main())
