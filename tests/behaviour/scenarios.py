# SPDX-License-Identifier: MIT
"""The scenarios of tests/programs as a suite runs them: its command line, the real server, each
scenario over each transport, and the comparison of what the program saw.
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
import server  # noqa: E402

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


class Scenarios:
  """The base of a suite, which has a check(tap, name, transport) of its own."""

  def __init__(self, options, folder):
    self.folder, self.tapedeck = folder, options.tapedeck
    self.scenario = os.path.join(options.programs, 'scenario')
    self.offline = no_network()
    self.prefix = os.path.join(folder, 'server')
    self.ports = server.start(self.prefix)
    self.env = clean_environment(SCENARIO_CAINFO=os.path.join(self.prefix, 'ca.pem'))

  def close(self):
    server.stop(self.prefix)

  def names(self):
    return Run([self.scenario, '--list']).text().split()

  def run(self, name, transport, ports, before=(), **env):
    return Run([*before, self.scenario, name, *places(transport, ports)], {**self.env, **env})

  def cassette(self, name, transport):
    return os.path.join(self.folder, f'{name}-{transport}.yaml')

  def check_live(self, tap, title, name, transport, make, called, ports):
    """Whether a run, which is returned, saw what a live run sees. Tried several times: on a busy
    machine, a live server's paced events may arrive glued together."""
    for _ in range(ATTEMPTS):
      live, made = self.run(name, transport, self.ports), make()
      diff = compare(mask(live.text(), self.ports), mask(made.text(), ports), ('live', called),
                     name, transport)
      if live.code == 0 and not diff:
        break
    tap.result(live.code == 0 and made.code == 0 and not diff, title,
               live.story() + made.story() + diff)
    return made


def command_line(description):
  """The options of every such suite, to which it may add its own."""
  parser = argparse.ArgumentParser(description=description.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  parser.add_argument('--programs', help='where the test programs are')
  parser.add_argument('--tapedeck', help='the tapedeck command')
  parser.add_argument('--transport', choices=unequal.ALL, action='append')
  parser.add_argument('--keep', metavar='DIR', help='leave server files and cassettes in DIR')
  parser.add_argument('scenario', nargs='*', help='only these (a * at the end stands for all)')
  return parser


def check_all(suite_class, options):
  """Every scenario that is asked for, over every transport for which it makes sense."""
  build = find_build(options.build)
  options.programs = options.programs or os.path.join(build, 'tests')
  options.tapedeck = options.tapedeck or os.path.join(build, 'cli', 'tapedeck')
  if not server.find_nginx():
    print('1..0 # SKIP nginx is not installed')
    return 0
  wanted = [re.compile(re.escape(name).replace(r'\*', '.*') + '$') for name in options.scenario]
  tap, started = Tap(), time.monotonic()
  with tempfile.TemporaryDirectory(prefix=suite_class.__name__.lower() + '-') as folder:
    os.chmod(folder, 0o755)  # nginx gives up root's rights
    suite = suite_class(options, os.path.abspath(options.keep) if options.keep else folder)
    try:
      for name in suite.names():
        if wanted and not any(pattern.match(name) for pattern in wanted):
          continue
        for transport in options.transport or unequal.ALL:
          if transport in unequal.transports(name):
            suite.check(tap, name, transport)
    finally:
      suite.close()
  tap.note(f'{time.monotonic() - started:.1f} s')
  return tap.finish()
