#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The seeds, played to stock programs: curl, pycurl, and loops of every kind.

What comes must be what PyYAML reads from the cassette, to the byte: body, status line, headers and
no others. Each server-sent event must be one write callback, in each way of driving libcurl, with
many handles, threads and children. Runs without a network where that can be arranged. Prints TAP.
"""

import argparse
import glob
import itertools
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
import time

import yaml

from tap import ROOT, Run, Tap, clean_environment, find_build, no_network, preloaded_by

MODES = ('easy', 'perform-wait', 'perform-poll', 'fdset-select', 'epoll', 'epoll-et')
PYCURL_MODES = ('easy', 'select', 'socket')

# Options of curl that say how to reach a server, and change nothing where no server is reached.
HARMLESS = [
    '-4', '-6', '--connect-timeout 5', '--happy-eyeballs-timeout-ms 1', '--interface lo',
    '--interface host!127.0.0.1', '--local-port 5000-6000', '--connect-to ::nowhere.invalid:1',
    '--resolve *:443:127.0.0.1', '--doh-url https://127.0.0.1:1/dns', '--unix-socket /nowhere',
    '--abstract-unix-socket nowhere', '-x http://127.0.0.1:1', '-x socks5h://127.0.0.1:1',
    '-p -x http://127.0.0.1:1', '--preproxy socks5://127.0.0.1:1', '--noproxy example.com',
    '--haproxy-protocol', '--tcp-nodelay', '--tcp-fastopen', '--no-keepalive',
    '--http1.0', '--http1.1', '--http2', '--http2-prior-knowledge', '--no-alpn', '--http0.9',
    '-k', '--cacert /nowhere', '--capath /nowhere', '--cert /nowhere', '--crlfile /nowhere',
    '--pinnedpubkey sha256//AAAA', '--ssl-reqd', '--tlsv1.3', '--tls-max 1.2', '--ciphers NONE',
    '--cert-status', '--proto =https', '--proto-default https', '--proto-redir =https',
    '--compressed', '--tr-encoding', '--raw', '--limit-rate 10M', '--max-time 20', '--retry 2',
    '--path-as-is', '--expect100-timeout 1', '--anyauth -u ada:secret', '-u ada:secret',
    '--oauth2-bearer token', '--aws-sigv4 aws:amz:us-east-1:es -u key:secret', '-L', '-f', '-Z',
    '--hsts hsts.txt', '--alt-svc altsvc.txt', '-c jar.txt', '-b name=value', '-v', '-N', '-g',
    '--request-target /elsewhere',
]


def events_of(body):
  """The server-sent events of a body; blank lines that follow one belong to it."""
  return re.findall(rb'.*?(?:\n\n+|(?:\r\n){2,}|$)', body, re.DOTALL)[:-1]


def event_ends(body):
  """Where the events end, as offsets."""
  return set(itertools.accumulate(len(event) for event in events_of(body)))


class Interaction:
  """What the cassette holds, by PyYAML's reading, and files for the programs."""

  def __init__(self, seed, record, folder):
    request, response = record['request'], record['response']
    self.seed, self.id = seed, record['id']
    self.url, self.method = request['url'], request['method']
    self.request_body = request['body'].encode()
    self.body = response['body'].encode()
    self.code, self.status, self.proto = response['code'], response['status'], response['proto']
    self.chunked = 'chunked' in response.get('transfer_encoding', ())
    self.headers = [(name, value) for name, values in response['headers'].items()
                    for value in values]
    if self.chunked:
      self.headers.append(('Transfer-Encoding', 'chunked'))
    self.events = events_of(self.body)
    assert b''.join(self.events) == self.body
    self.name = f'{os.path.basename(seed)}#{self.id}'
    stem = os.path.join(folder, self.name)
    self.request_file, self.body_file = stem + '.request', stem + '.body'
    write_file(self.request_file, self.request_body)
    write_file(self.body_file, self.body)

  def status_line(self):
    return 'HTTP/2 200 ' if self.proto == 'HTTP/2.0' else f'{self.proto} {self.status}'

  def lengths(self):
    return ','.join(str(len(event)) for event in self.events)


def write_file(path, data):
  with open(path, 'wb') as file:
    file.write(data)


def shuffled(body):
  """The same JSON: keys in another order, other white space."""
  turn = lambda value: ({key: turn(value[key]) for key in reversed(list(value))}
                        if isinstance(value, dict) else
                        [turn(item) for item in value] if isinstance(value, list) else value)
  return json.dumps(turn(json.loads(body)), indent=3, separators=(' ,', ' :\t')).encode()


def repeated(seed, count):
  """The text of a seed with its interactions over and over."""
  with open(seed, 'rb') as file:
    head, *items = re.split(rb'(?m)^(?=- id: )', file.read())
  if not items[-1].endswith(b'\n'):
    items[-1] += b'\n'
  numbered = (re.sub(rb'^- id: \d+', b'- id: %d' % number, items[number % len(items)])
              for number in range(count * len(items)))
  return head + b''.join(numbered)


class Seeds:
  def __init__(self, options, folder, tap):
    self.folder, self.tap = folder, tap
    self.programs, self.tapedeck = options.programs, options.tapedeck
    self.offline = no_network()
    self.preload = preloaded_by(self.tapedeck)
    if not self.offline:
      tap.note('unshare is not allowed here: the network is not shut off')

  def replay(self, cassette, command, *options, data=None, timeout=60):
    # Python keeps what it has to the end.
    env = clean_environment(ASAN_OPTIONS='detect_leaks=0') if 'python' in command[0] else None
    return Run([*self.offline, self.tapedeck, 'replay', *options, cassette, '--', *command],
               env=env, timeout=timeout, data=data, cwd=self.folder)

  def curl(self, each, *options, body=None):
    return ['curl', '-sSN', '-X', each.method, '-H', 'Content-Type: application/json',
            '--data-binary', '@' + (body or each.request_file), *options, each.url]

  def program(self, name):
    return os.path.join(self.programs, name)

  def pycurl(self):
    return ['/usr/bin/python3', os.path.join(ROOT, 'tests', 'programs', 'drive_pycurl.py')]

  def check(self, ok, name, run, detail=''):
    return self.tap.result(bool(ok), name, '' if ok else detail + '\n' + run.story())

  # One interaction, one process.

  def check_curl(self, each):
    run = self.replay(each.seed, self.curl(each))
    self.check(run.code == 0 and run.out == each.body, f'{each.name}: curl prints the body', run)

    run = self.replay(each.seed, self.curl(each, '-i'))
    head, _, body = run.out.partition(b'\r\n\r\n')
    line, *fields = head.decode().split('\r\n')
    wanted = sorted(f'{name}: {value}' for name, value in each.headers)
    self.check(run.code == 0 and body == each.body and line == each.status_line() and
               sorted(fields) == wanted, f'{each.name}: curl -i shows what was recorded', run,
               f'{line!r} {fields}')

    shown = '%{url_effective} %{http_code} %{scheme} %{http_version} %{remote_port} %{method}'
    run = self.replay(each.seed, self.curl(each, '-o', '/dev/null', '-w', shown))
    scheme = each.url.split(':')[0].upper()
    port = re.search(r':(\d+)/', each.url)
    wanted = [each.url, str(each.code), scheme, '2' if each.proto == 'HTTP/2.0' else '1.1',
              port[1] if port else {'HTTP': '80', 'HTTPS': '443'}[scheme], each.method]
    got = run.text().split()
    self.check(run.code == 0 and got[:2] + [got[2].upper()] + got[3:] == wanted,
               f'{each.name}: curl -w shows the URL\'s own values', run, f'{got}')

    path = each.request_file + '.shuffled'
    write_file(path, shuffled(each.request_body))
    run = self.replay(each.seed, self.curl(each, body=path))
    self.check(run.code == 0 and run.out == each.body,
               f'{each.name}: JSON matches by value', run)

    run = Run([*self.offline, *self.curl(each)], env=clean_environment(
        LD_PRELOAD=self.preload, TAPEDECK_CASSETTE=each.seed), cwd=self.folder)
    self.check(run.code == 0 and run.out == each.body,
               f'{each.name}: by environment alone', run)

  def check_miss(self, each):
    path = each.request_file + '.other'
    changed = json.loads(each.request_body)
    changed['model'] = 'another-model'
    write_file(path, json.dumps(changed).encode())
    run = self.replay(each.seed, self.curl(each, body=path))
    told = run.err.decode()
    self.check(run.code not in (0, None) and not run.out and 'not on the tape' in told and
               'another-model' in told and '/model' in told.replace('.model', '/model'),
               f'{each.name}: a miss fails and is explained', run)

  def check_loops(self, each):
    counted = ([self.program('drive'), mode, '1', each.url, each.request_file, each.body_file]
               for mode in MODES)
    for mode, command in zip(MODES, counted):
      run = self.replay(each.seed, command)
      self.check(run.code == 0 and f'lengths {each.lengths()}\n' in run.text(),
                 f'{each.name}: {mode}, one event a callback', run, run.text())
    for mode in PYCURL_MODES:
      run = self.replay(each.seed, [*self.pycurl(), mode, '1', each.url, each.request_file,
                                    each.body_file])
      self.check(run.code == 0 and f'lengths {each.lengths()}\n' in run.text(),
                 f'{each.name}: pycurl {mode}, one event a callback', run, run.text())
    for options in (['--http2'], ['--buffersize', '1024'], ['--buffersize', '100000']):
      run = self.replay(each.seed, [self.program('drive'), *options, 'perform-poll', '1', each.url,
                                    each.request_file, each.body_file])
      self.check(run.code == 0 and cut_at_events(run.text(), each),
                 f'{each.name}: {" ".join(options)}', run, run.text())
    run = self.replay(each.seed, [self.program('sse_count'), each.url, each.request_file,
                                  str(len(each.events))])
    self.check(run.code == 0, f'{each.name}: sse_count', run, run.text())

  # Whole seeds.

  def check_processes(self, seed, interactions):
    name = os.path.basename(seed)
    script = '; '.join(shlex.join(self.curl(each)) for each in interactions)
    run = self.replay(seed, ['sh', '-c', script])
    wanted = b''.join(each.body for each in interactions)
    self.check(run.code == 0 and run.out == wanted, f'{name}: a process for each request', run)

    first = shlex.join(self.curl(interactions[0]))
    run = self.replay(seed, ['sh', '-c', f'{script}; {first}; echo "status $?"'])
    status = run.out[len(wanted):].decode()
    self.check(run.code == 1 and run.out.startswith(wanted) and
               re.fullmatch(r'status [1-9]\d*\n', status) and b'already played' in run.err,
               f'{name}: once more is a miss that the command cannot hide', run, status)
    run = self.replay(seed, ['sh', '-c', f'{script}; {first}'], '--replayable')
    self.check(run.code == 0 and run.out == wanted + interactions[0].body,
               f'{name}: once more with --replayable', run)

    outputs = [each.body_file + '.out' for each in interactions]
    for title, options in (('one process', []), ('curl -Z', ['-Z'])):
      command = ['curl', '-sSN', *options]
      for each, output in zip(interactions, outputs):
        command += self.curl(each, '-o', output)[2:] + ['--next']
      run = self.replay(seed, command[:-1])
      got = []
      for each, output in zip(interactions, outputs):
        with open(output, 'rb') as file:
          got.append(file.read() == each.body)
        os.unlink(output)
      self.check(run.code == 0 and all(got), f'{name}: all requests by {title}', run)

    if len(interactions) > 1:
      run = self.replay(seed, self.curl(interactions[0], '-o', '/dev/null'), '--strict')
      self.check(run.code == 1, f'{name}: --strict minds what was not asked for', run)

  def check_options(self, each):
    for options in HARMLESS:
      run = self.replay(each.seed, self.curl(each, '-o', 'out.txt', *options.split()))
      path = os.path.join(self.folder, 'out.txt')
      body = b''
      if os.path.exists(path):
        with open(path, 'rb') as file:
          body = file.read()
        os.unlink(path)
      self.check(run.code == 0 and body == each.body, f'curl {options}', run)

  def check_load(self, each):
    cassette = os.path.join(self.folder, 'many.yaml')
    write_file(cassette, repeated(each.seed, 250))
    arguments = [each.url, each.request_file, each.body_file]

    def drive(title, command, handles, timeout=60):
      run = self.replay(cassette, command, timeout=timeout)
      text = run.text()
      whole = len(re.findall(rf'result 0, .*lengths {each.lengths()}$', text, re.MULTILINE))
      turns = sum(int(count) for count in re.findall(r'loop: iterations (\d+)', text))
      calm = turns <= 20 * handles + 100
      self.check(run.code == 0 and whole == handles and calm, title, run,
                 f'{whole} of {handles} as expected, {turns} turns of the loop\n{text[:1500]}')

    for mode in MODES:
      drive(f'200 handles at once, {mode}', [self.program('drive'), mode, '200', *arguments], 200)
    for mode in PYCURL_MODES:
      drive(f'200 handles at once, pycurl {mode}', [*self.pycurl(), mode, '200', *arguments], 200)
    for mode in MODES:
      drive(f'8 threads, {mode}', [self.program('drive'), '--threads', '8', mode, '20', *arguments],
            160)
    for mode in ('easy', 'perform-poll', 'epoll'):
      drive(f'4 children, {mode}',
            [self.program('drive'), '--fork', '4', mode, '20', *arguments], 80)
      drive(f'4 children with 4 threads after a first transfer, {mode}',
            [self.program('drive'), '--first', '--fork', '4', '--threads', '4', mode, '5',
             *arguments], 81)
    run = self.replay(cassette, ['sh', '-c', ' & '.join(
        [shlex.join([self.program('drive'), 'epoll', '20', *arguments])] * 5) + ' & wait'])
    whole = len(re.findall(rf'result 0, .*lengths {each.lengths()}$', run.text(), re.MULTILINE))
    self.check(run.code == 0 and whole == 100 and not b'NOT AS' in run.out,
               '5 processes at once share the tape', run, f'{whole} of 100')

  def check_sizes(self):
    """Bodies that are not polite event streams."""
    bodies = {
        'a body of 5 MB': (os.urandom(5_000_000), 'application/octet-stream'),
        'an event of 100 KB among small ones': (
            b'data: first\n\n' + b'data: ' + b'x' * 100_000 + b'\n\n' + b'data: last\n\n' * 50,
            'text/event-stream'),
        'events with more than one blank line between': (b'data: 1\n\n\n\ndata: 2\n\n\n' * 9,
                                                         'text/event-stream'),
        'events around the size of a buffer': (
            b''.join(b'data: ' + b'y' * (size - 8) + b'\n\n' for size in
                     (16383, 16384, 16385, 8192, 8193, 1024, 16384, 9, 32768)),
            'text/event-stream'),
        '5000 small events': (b''.join(b'data: %d\n\n' % i for i in range(5000)),
                              'text/event-stream'),
        'events with CR LF': (b''.join(b'event: e\r\ndata: %d\r\n\r\n' % i for i in range(20)),
                              'text/event-stream; charset=utf-8'),
        'an unfinished event': (b'data: 1\n\ndata: 2', 'text/event-stream'),
        'all byte values': (bytes(range(256)) * 3, 'application/octet-stream'),
        'an empty body': (b'', 'text/plain'),
    }
    for title, (body, content_type) in bodies.items():
      response = {'proto': 'HTTP/2.0', 'proto_major': 2, 'proto_minor': 0, 'content_length': -1,
                  'body': body, 'headers': {'Content-Type': [content_type]}, 'status': '200 OK',
                  'code': 200}
      request = {'proto': 'HTTP/1.1', 'proto_major': 1, 'proto_minor': 1, 'body': '', 'headers': {},
                 'url': 'https://example.com/sizes', 'method': 'GET'}
      cassette, expected = (os.path.join(self.folder, name) for name in ('size.yaml', 'size.body'))
      with open(cassette, 'w', encoding='utf-8') as file:
        yaml.dump({'version': 2, 'interactions': [
            {'id': number, 'request': request, 'response': response} for number in range(2)]}, file)
      write_file(expected, body)
      command = ['2', 'https://example.com/sizes', '-', expected]
      ends = event_ends(body) if 'event' in content_type else set()
      for options in ([], ['--buffersize', '1024'], ['--buffersize', '500000']):
        run = self.replay(cassette, [self.program('drive'), *options, 'epoll', *command])
        cuts = callback_ends(run.text())
        self.check(run.code == 0 and (not body or ends <= cuts),
                   f'{title} {" ".join(options)}'.strip(), run, run.text()[:1000])


def callback_ends(text):
  """Where the write callbacks of the first handle ended."""
  match = re.search(r'handle 0: .*lengths ([\d,]+)$', text, re.MULTILINE)
  return set(itertools.accumulate(map(int, match[1].split(',')))) if match else set()


def cut_at_events(text, each):
  """Whether the callbacks end wherever an event does; an event may be in several."""
  return event_ends(each.body) <= callback_ends(text)


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  parser.add_argument('--programs', help='where the test programs are')
  parser.add_argument('--tapedeck', help='the tapedeck command')
  parser.add_argument('part', nargs='*', default=['seeds', 'options', 'load', 'sizes'],
                      help='of: seeds, options, load, sizes')
  options = parser.parse_args()
  build = os.path.abspath(find_build(options.build))
  options.programs = os.path.abspath(options.programs or os.path.join(build, 'tests'))
  options.tapedeck = os.path.abspath(options.tapedeck or os.path.join(build, 'cli', 'tapedeck'))
  if not shutil.which('curl'):
    print('1..0 # SKIP curl is not installed')
    return 0
  tap, started = Tap(), time.monotonic()
  with tempfile.TemporaryDirectory(prefix='seeds-') as folder:
    seeds = Seeds(options, folder, tap)
    tapes = {}
    for path in sorted(glob.glob(os.path.join(ROOT, 'testdata', 'seeds', '*.yaml'))):
      with open(path, 'rb') as file:
        records = yaml.safe_load(file)['interactions']
      tapes[path] = [Interaction(path, record, folder) for record in records]
    if 'seeds' in options.part:
      for path, interactions in tapes.items():
        for each in interactions:
          seeds.check_curl(each)
          seeds.check_miss(each)
          seeds.check_loops(each)
        seeds.check_processes(path, interactions)
    hello = next(tape[0] for path, tape in tapes.items() if 'hello' in path)
    if 'options' in options.part:
      seeds.check_options(hello)
    if 'load' in options.part:
      seeds.check_load(hello)
    if 'sizes' in options.part:
      seeds.check_sizes()
  tap.note(f'{time.monotonic() - started:.1f} s')
  return tap.finish()


if __name__ == '__main__':
  sys.exit(main())
