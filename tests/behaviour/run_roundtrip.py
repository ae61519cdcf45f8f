#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Texts of any kind, written by Tapedeck, come back as they were: read by Tapedeck itself, by bare
libyaml (both in emit_stream --check) and by Python's yaml here. Prints TAP.

2,000 random texts; with TD_ROUNDTRIP_CASES=100000 so many, and with TD_ROUNDTRIP_SEED others."""

import argparse
import collections
import os
import random
import struct
import subprocess
import sys

import yaml

from tap import Tap, find_build

NASTY = [s.encode('utf-8', 'surrogateescape') for s in (
    'a b c x 0 1 9 _ - + . , : # \' " \\ / = ~ < << { } [ ] & * ! | > % @ ` ? é 漢 ß 😀 \x85 '
    '\u2028 \u2029 \u3000 \xa0 \ufeff \ufffe \uffff \x00 \x01 \x07 \x0b \x1b \x7f \udcff \udcc3 '
    '\udced\udca0\udc80 --- ... null true Yes off .inf 0x 0o 0b 1e 2001- 01- T10: 12:30 Z +01:00 '
    'key:_value data:_{"a":1} event: <<_ =').split(' ')]
BLANKS = [b' ', b'  ', b'\n', b'\n\n', b'\t', b'\r', b'\r\n', b': ', b' #', b'- ', b'? ', b'\n ',
          b'\n  ', b' \n']


class Texts(yaml.SafeLoader):
  """Nothing but text, and bytes where it says !!binary: what the parser alone makes of a file."""
  yaml_implicit_resolvers = {}


def random_text(r):
  kind = r.randrange(10)
  if kind == 0:
    return bytes(r.randrange(256) for _ in range(r.randrange(40)))
  if kind == 1:
    return ''.join(chr(r.choice((r.randrange(0xd800), r.randrange(0xe000, 0x110000))))
                   for _ in range(r.randrange(20))).encode()
  if kind == 2:  # events, as they are recorded
    return b''.join(b'data: ' + random_text(r).replace(b'\n', b'') + b'\n\n'
                    for _ in range(r.randrange(1, 5)))
  count = r.randrange(120) if kind == 3 else r.randrange(8)
  return b''.join(r.choice(BLANKS) if r.random() < 0.4 else r.choice(NASTY).replace(b'_', b' ')
                  for _ in range(count))


def taken_from(document, place):
  """What stands in the place that the text was written to."""
  request = document['interactions'][0]['request']
  if place == 'v':
    return [request['body'] if 'body' in request else '']
  if place == 'i':
    return [request['transfer_encoding'][i] for i in (0, 2)]
  (name, values), = request['headers'].items()
  return [name, values[1]]


def as_bytes(value):
  return value if isinstance(value, bytes) else value.encode('utf-8', 'surrogatepass')


RESOLVER = yaml.SafeLoader('')
# Plain text to Go's yaml.v3, whose bytes these are, and something else to Python's: a hexadecimal
# number of more than 64 bits, "2001-13-01" (no date at all, which is an error), ".5__5" and "="
# and, in the layouts of yaml.v3, "<<", which Python has no value for.
MAY_BE = {'tag:yaml.org,2002:' + name for name in ('int', 'float', 'timestamp', 'value', 'merge')}


def python_takes_for(text):
  """The type that Python's yaml gives a plain text; None where that is text."""
  try:
    tag = RESOLVER.resolve(yaml.ScalarNode, text.decode(), (True, False))
  except UnicodeDecodeError:
    return None
  return None if tag == 'tag:yaml.org,2002:str' else tag


def is_plain(document, text):
  """Whether the body was written without quotes."""
  return b'\n    body: ' + text + b'\n' in document or b'\n        body: ' + text + b'\n' in document


class Suite:
  def __init__(self, build, count, seed):
    self.tap = Tap()
    self.build, self.count, self.seed = os.path.abspath(build), count, seed
    self.left_out = collections.Counter()

  def problem(self, document, place, text):
    """What Python's yaml makes of it other than what was written; None."""
    typed = place == 'v'  # with Python's own idea of types, unless that is known to be another
    taken = python_takes_for(text) if typed else None
    if taken in MAY_BE and is_plain(document, text):
      self.left_out[taken.rsplit(':', 1)[1]] += 1
      typed = False
    try:
      back = taken_from(yaml.load(document, yaml.SafeLoader if typed else Texts), place)
    except Exception as e:  # whatever it has to say
      return f'{type(e).__name__}: {e}'
    if any(not isinstance(value, (str, bytes)) or as_bytes(value) != text for value in back):
      return f'is read as {back!r}'
    return None

  def layout(self, name, number):
    r = random.Random(self.seed * 10 + number)
    with subprocess.Popen([os.path.join(self.build, 'tests', 'emit_stream'), name, '--check'],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as program:
      problem, done = None, 0
      for done in range(self.count):
        place, text = r.choice('vvvik'), random_text(r)
        program.stdin.write(place.encode() + struct.pack('<I', len(text)) + text)
        program.stdin.flush()
        head = program.stdout.read(4)
        if len(head) < 4:
          problem = f'{place} {text!r}: nothing came'
          break
        document = program.stdout.read(struct.unpack('<I', head)[0])
        problem = self.problem(document, place, text)
        if problem:
          problem = f'{place} {text!r}: {problem}\n' + document.decode('utf-8', 'backslashreplace')
          break
      program.stdin.close()
      code = program.wait()
    self.tap.result(not problem and code == 0,
                    f'{self.count} texts in the layout {name} come back', f'{problem}\nexit {code}')

  def run(self):
    for number, name in enumerate(('compact', 'go-vcr', 'go-vcr-terse')):
      self.layout(name, number)
    for name, count in sorted(self.left_out.items()):
      self.tap.note(f'{count} plain texts that Python takes for a {name}, and Go for text')
    return self.tap.finish()


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  parser.add_argument('--cases', type=int, default=int(os.environ.get('TD_ROUNDTRIP_CASES', 2000)),
                      help='how many texts in all, a third of them in each layout')
  parser.add_argument('--seed', type=int, default=int(os.environ.get('TD_ROUNDTRIP_SEED', 1)))
  options = parser.parse_args()
  return Suite(find_build(options.build), -(-options.cases // 3), options.seed).run()


if __name__ == '__main__':
  sys.exit(main())
