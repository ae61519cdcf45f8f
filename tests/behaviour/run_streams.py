#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Streams with their recorded shape: the same chunks, each when it came, in every loop that libcurl
knows, and without spinning; and the other ways to cut and to pace. Prints TAP.

Times are those of one machine that may be busy: what is late is tried again, and a clock beside it
says how late the machine itself has been.
"""

import argparse
import concurrent.futures
import json
import os
import random
import re
import statistics
import sys
import tempfile
import threading
import time

from tap import Run, Tap, clean_environment, find_build, no_network

LOOPS = ('easy', 'perform-poll', 'perform-wait', 'fdset-select', 'fdset-only', 'epoll', 'epoll-et')
URL = 'http://a.test/s'
BUFFER = 16384  # libcurl reads no more at once
ATTEMPTS = 3
SLACK_MS = 5
TOO_LATE_MS = 20  # of the machine: says nothing of us


def paced_server(seed):
  """Chunks as a server may send them: text and milliseconds."""
  rng, at = random.Random(seed), rng_start(seed)
  chunks = []
  for length in (1, 60000, 700, 2, BUFFER, 16000, 33, 1, BUFFER + 1, 48000, 5, 220):
    text = ''.join(rng.choices('abcdefgh \n"{}:', k=length))
    chunks.append((text, at))
    at = round(at + rng.choice((20, 20, 35.5, 60, 110, 240, 500.125)), 3)
  return chunks


def rng_start(seed):
  return 40 + seed % 60


def events(count):
  return [f'data: {{"n":{n},"text":"wört"}}\n\n' for n in range(count)]


def cassette(chunks, kind='text/event-stream', framing='chunked', shape=True, duration='0s'):
  body = ''.join(text for text, _ in chunks)
  length = -1 if framing == 'chunked' else len(body.encode())
  sizes = ' '.join(f'{len(text.encode())}@{at:g}' for text, at in chunks)
  return f"""---
version: 2
interactions:
- id: 0
  request:
    proto: HTTP/1.1
    url: {URL}
    method: GET
  response:
    proto: HTTP/1.1
{'    transfer_encoding: [chunked]' if length < 0 else ''}
    content_length: {length}
    body: {json.dumps(body)}
    headers:
      Content-Type:
      - {kind}
    status: 200 OK
    code: 200
    duration: {duration}
{f'    tapedeck:{chr(10)}      chunks: {sizes}' if shape else ''}
""".encode()


class Arrival:
  """What came, by what the driver says: callbacks' lengths and times."""

  def __init__(self, run):
    text = run.text()
    self.story = run.story() + text[:2000]
    self.good = run.code == 0 and 'result 0, code 200' in text and 'spins' not in text
    numbers = lambda name, kind: [kind(n) for n in
                                  re.search(name + r' ([\d.,]*)', text)[1].split(',') if n]
    self.lengths = numbers('lengths', int) if self.good else []
    self.times = numbers('times', float) if self.good else []
    took = re.search(r'took ([\d.]+) ms, ([\d.]+) ms of', text)
    self.took, self.used = (float(took[1]), float(took[2])) if took else (0, 0)
    turns = re.search(r'iterations (\d+)', text)
    self.turns = int(turns[1]) if turns else 0

  def merged(self, chunks):
    """The callbacks of each recorded chunk, as lengths, and the time of the first; or nothing
    where a chunk's end is not the end of a callback."""
    lengths, times, at = [], [], 0
    for size in chunks:
      some = []
      while sum(some) < size and at + len(some) < len(self.lengths):
        some.append(self.lengths[at + len(some)])
      if sum(some) != size:
        return [], []
      lengths.append(some)
      times.append(self.times[at])
      at += len(some)
    return (lengths, times) if at == len(self.lengths) else ([], [])


class Clock:
  """A sleeper beside the program: by how many milliseconds the machine wakes it too late. On one
  that is idle that is next to nothing, and the tolerance of 5 ms stands."""

  def __enter__(self):
    self.late, self.done = 0, False
    self.thread = threading.Thread(target=self.run)
    self.thread.start()
    return self

  def run(self):
    while not self.done:
      before = time.monotonic()
      time.sleep(0.002)
      self.late = max(self.late, (time.monotonic() - before) * 1000 - 2)

  def __exit__(self, *_):
    self.done = True
    self.thread.join()

  def slack(self):
    return self.late if self.late > 2 else 0


class Suite:
  def __init__(self, build, folder):
    build = os.path.abspath(build)
    self.folder, self.tap, self.offline = folder, Tap(), no_network()
    self.tapedeck = os.path.join(build, 'cli', 'tapedeck')
    self.drive = os.path.join(build, 'tests', 'drive')

  def write(self, name, data):
    path = os.path.join(self.folder, name)
    with open(path, 'wb') as file:
      file.write(data)
    return path

  def play(self, tape, options, mode='easy', *more):
    return Arrival(Run([*self.offline, self.tapedeck, 'replay', '-q', *options, tape, '--',
                        self.drive, '--times', *more, mode, '1', URL, '-', self.expected(tape)]))

  def expected(self, tape):
    return tape + '.body'

  def tape(self, name, chunks, **how):
    path = self.write(name, cassette(chunks, **how))
    self.write(name + '.body', ''.join(text for text, _ in chunks).encode())
    return path

  def try_often(self, once, *jobs):
    """Runs once(*job) for each, at the same time, and again those that did not succeed."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
      results = list(pool.map(lambda job: once(*job), jobs))
    for i, job in enumerate(jobs):
      for _ in range(ATTEMPTS - 1):
        if not results[i][0]:
          results[i] = once(*job)
    for good, name, detail, slack in results:
      if not good and slack > TOO_LATE_MS:
        self.tap.skip(name, f'the machine itself was late by {slack:.0f} ms')
      else:
        self.tap.result(good, name, detail)

  # As recorded

  def one_recorded(self, mode, framing, speed, *more):
    chunks = paced_server(len(mode) + 3 * speed)
    tape = self.tape(f'{mode}-{framing}-{speed}.yaml', chunks, kind='text/plain', framing=framing)
    pace = 'recorded' if speed == 1 else f'{speed}x'
    with Clock() as clock:
      came = self.play(tape, ['--pace', pace], mode, *more)
    slack = clock.slack()
    sizes = [len(text) for text, _ in chunks]
    lengths, times = came.merged(sizes)
    whole = all(len(some) == 1 for some, size in zip(lengths, sizes) if size <= BUFFER)
    gap = lambda at: [b - a for a, b in zip(at, at[1:])]
    late = [abs(a - b) for a, b in zip(gap(times), gap([at / speed for _, at in chunks]))]
    good = (came.good and bool(late) and whole and statistics.median(late) <= SLACK_MS / 2 + slack / 2 and
            max(late) <= SLACK_MS + slack and came.used < 0.02 * came.took + 15 and
            came.turns < 120 and -1 < came.took - chunks[-1][1] / speed < 60 + 4 * slack)
    return (good, f'{pace}, {framing}: {mode}',
            f'{came.story}\nlengths {lengths}\nlate by {late}\nmachine late by {slack}\nused {came.used} of {came.took} ms', slack)

  def test_recorded(self):
    jobs = [(mode, 'chunked', 1) for mode in LOOPS] + [('easy', 'length', 1), ('epoll', 'length', 1)]
    jobs += [('easy', 'chunked', 3), ('epoll', 'chunked', 2)]
    self.try_often(self.one_recorded, *jobs)

  # Otherwise

  def one_pace(self, mode, name, options, how, want):
    """`want`: the time of each event, in milliseconds."""
    texts = events(len(want))
    how = dict(how)
    at = how.pop('times', [0] * len(texts))
    tape = self.tape(name + mode + '.yaml', list(zip(texts, at)), **how)
    with Clock() as clock:
      came = self.play(tape, options, mode)
    _, times = came.merged([len(text.encode()) for text in texts])
    late = [got - due for got, due in zip(times, want)]
    # The time to begin with is also that in which the cassette is read.
    good = (came.good and len(late) == len(want) > 0 and -1 <= min(late) <= 50 + clock.slack() and
            max(late) - min(late) <= 10 + 3 * clock.slack())
    return (good, f'{name}: {mode}', f'{came.story}\ncame {times}\nlate by {late}',
            clock.slack())

  def test_paces(self):
    jobs = []
    for mode in ('easy', 'perform-poll', 'epoll'):
      jobs += [
        (mode, 'tokens', ['--pace', 'tokens:40/s'], {}, [25 * n for n in range(12)]),
        (mode, 'first and then', ['--pace', 'first:150ms,then:20ms'], {},
         [150 + 20 * n for n in range(8)]),
        (mode, 'first alone', ['--pace', 'first:80ms'], {}, [80] * 5),
        (mode, 'none', [], {'times': [200 * n for n in range(5)]}, [0] * 5),
        (mode, 'half as fast', ['--pace', '0.5x'], {'times': [20 * n for n in range(6)]},
         [40 * n for n in range(6)]),
        (mode, 'a duration is all that is known', ['--pace', 'recorded'],
         {'shape': False, 'duration': '120ms'}, [120] * 4),
        (mode, 'a pause', ['--fault', 'stall@event:2,for:150ms'], {}, [0, 0, 150, 150]),
        (mode, 'a pause in the pace', ['--pace', 'tokens:50/s', '--fault', 'stall@event:2,for:100ms'],
         {}, [0, 20, 140, 160]),
      ]
    self.try_often(self.one_pace, *jobs)

  def test_many(self):
    """Transfers that wait at the same time, of which each is due when it is."""
    texts = events(10)
    tape = self.tape('many.yaml', list(zip(texts, [60 * n + 50 for n in range(10)])))

    def once(mode):
      with Clock() as clock:
        run = Run([*self.offline, self.tapedeck, 'replay', '-q', '--replayable', '--pace',
                   'recorded', tape, '--', self.drive, '--times', mode, '50', URL, '-',
                   self.expected(tape)])
      slack = 15 + 3 * clock.slack()
      came = Arrival(run)
      rows = re.findall(r'times ([\d.,]+)', run.text())
      rows = [[float(at) for at in row.split(',')] for row in rows]
      late = [at - row[0] - 60 * n for row in rows for n, at in enumerate(row)]
      good = (came.good and len(late) == 500 and min(late) > -slack and max(late) < slack)
      return (good, f'50 at once: {mode}', f'{came.story[:600]}\nlate by {late[:40]}',
              clock.slack())

    self.try_often(once, *[(mode,) for mode in LOOPS if mode != 'easy'])

  # Cutting

  def test_splits(self):
    texts = events(40)
    chunks = [(text, 0) for text in texts]
    body = ''.join(texts).encode()
    tape = self.tape('splits.yaml', chunks)
    sizes = [len(text.encode()) for text in texts]
    wide = [n for text, size in zip(texts, sizes)
            for n in (text.encode().index(b'\xc3') + 1, size - text.encode().index(b'\xc3') - 1)]
    traps = [n for size in sizes for n in (2, size - 3, 1)]
    seeds = [self.play(tape, ['--split', f'random:{seed}']) for seed in (7, 7, 8)]
    cases = [('event', sizes), ('whole', [len(body)]), ('byte', [1] * len(body)), ('utf8', wide),
             ('crlf', traps), ('bytes:100', [100] * (len(body) // 100) + [len(body) % 100]),
             ('recorded', sizes)]
    for name, want in cases:
      for mode in ('easy', 'epoll'):
        came = self.play(tape, ['--split', name], mode)
        self.tap.result(came.good and came.lengths == [n for n in want if n], f'{name}: {mode}',
                        f'{came.story}\nwanted {want}')
    self.tap.result(seeds[0].good and seeds[0].lengths == seeds[1].lengths != seeds[2].lengths and
                    len(seeds[0].lengths) > 3, 'a seed is a seed', repr([s.lengths for s in seeds]))
    odd = self.tape('odd.yaml', [(body.decode()[:33], 5), ('', 6), (body.decode()[33:70], 7),
                                 (body.decode()[70:], 8)])
    came = self.play(odd, [])
    want = [len(part.encode()) for part in (body.decode()[:33], body.decode()[33:70],
                                            body.decode()[70:])]
    self.tap.result(came.lengths == want, 'as recorded where nothing is said', came.story)
    with open(odd, 'rb') as file:
      edited = file.read().replace(b'\\"n\\":0', b'\\"n\\":1000')
    self.write('edited.yaml', edited)
    self.write('edited.yaml.body', body.replace(b'"n":0', b'"n":1000'))
    came = self.play(os.path.join(self.folder, 'edited.yaml'), [])
    self.tap.result(came.good and came.lengths == [sizes[0] + 3, *sizes[1:]],
                    'by events where the body was edited since', came.story)

  def test_in_files(self):
    """The cassette and a scenario say how, each for itself; an option comes first."""
    texts = events(3)
    sizes = [len(text.encode()) for text in texts]
    tape = self.tape('said.yaml', [(text, 0) for text in texts])
    with open(tape, 'rb') as file:
      data = file.read()
    said = b'tapedeck: {replay: {split: whole, pace: "first:80ms"}}\ninteractions:'
    self.write('said.yaml', data.replace(b'interactions:', said, 1))
    scenario = self.write('scenario', b'replay:\n  split: byte\n')
    one = [1] * sum(sizes)
    for options, lengths, first in (([], [sum(sizes)], 80), (['--split', 'event'], sizes, 80),
                                    (['--pace', 'none'], [sum(sizes)], 0),
                                    (['--scenario', scenario], one, 80),
                                    (['--scenario', scenario, '--split', 'event'], sizes, 80)):
      came = self.play(tape, options)
      waited = came.times[0] if came.times else -1
      self.tap.result(came.lengths == lengths and first <= waited and (first or waited < 80),
                      f'said in files: {" ".join(options)[-40:]}', f'{came.story}\n{came.times[:3]}')

  def test_bytes_of_a_large_body(self):
    text = 'x' * 300000
    for framing in ('chunked', 'length'):
      tape = self.tape(f'large-{framing}.yaml', [(text, 0)], kind='text/plain', framing=framing)
      came = self.play(tape, ['--split', 'byte'])
      self.tap.result(came.good and came.lengths == [1] * len(text) and came.took < 10000,
                      f'300,000 callbacks, {framing}: {came.took:.0f} ms', came.story)


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  parser.add_argument('test', nargs='*')
  options = parser.parse_args()
  with tempfile.TemporaryDirectory(prefix='tapedeck-streams-') as folder:
    suite = Suite(find_build(options.build), folder)
    for name in sorted(dir(suite)):
      if name.startswith('test_') and (not options.test or name[5:] in options.test):
        getattr(suite, name)()
    return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
