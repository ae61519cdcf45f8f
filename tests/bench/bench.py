#!/usr/bin/python3
"""Speed, always beside something else in the same run; prints medians and their ratio.

  tests/bench/bench.py [BUILD [NAME...]]      (BUILD: a build folder, default build)

  read        reading a 30 MB cassette          : libyaml's bare events from the same bytes
  afresh      loading and saving one            : Go's yaml.v3 with go-vcr's structs
  stream      a request with a 20-event answer  : the same program and nginx, each event flushed
  blob        the same answer                   : nginx sends it in one piece
  events      a request with a 20-event answer  : its bytes in one piece, both on tape
  sleepers    1,000 paced streams at once       : 100, by stream; processor time
  lookup      a request among 10,000            : among 100
  nearest     the nearest of 1,000 for a miss   : one match of the same body
  diff        two 10 MB bodies, one leaf apart  : cJSON reading both
  scrub       a clean 100 MB cassette, --check  : grep -c for a fixed string
  live        a live transfer, shim preloaded   : not preloaded
  record      100 MB live at 1 Gbit/s, recorded : not recorded; the program's own time, then with
              what `tapedeck record` does when it has ended; then without the limit
  memory      the program's peak while it records 100 MB, less its peak without, by the body

Needs nginx with the echo module (Debian: nginx-light libnginx-mod-http-echo), and for `afresh` Go
with its YAML (golang-go golang-gopkg-yaml.v3-dev); without that it is left out.
"""
import glob
import os
import re
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROUNDS = 9
HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.abspath(sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, '../../build'))
SHIM = os.path.join(BUILD, 'lib/libtapedeck-curl.so')

EVENTS = ['data: {"id":"chatcmpl-bench","object":"chat.completion.chunk","created":1760704569,'
          '"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"word %d"},"logprobs":null,'
          '"finish_reason":null}],"usage":null}\n\n' % i for i in range(20)]


def free_port():
  with socket.socket() as s:
    s.bind(('127.0.0.1', 0))
    return s.getsockname()[1]


def cassette(path, count, url):
  """COUNT interactions with the same answer to different questions."""
  body = ''.join('      ' + line + '\n' if line else '\n'
                 for line in ''.join(EVENTS)[:-1].split('\n'))
  with open(path, 'w') as f:
    f.write('---\nversion: 2\ninteractions:\n')
    for i in range(count):
      f.write(f"""- id: {i}
  request:
    proto: HTTP/1.1
    body: '{{"question":{i},"model":"gpt-4o"}}'
    url: {url}
    method: POST
  response:
    proto: HTTP/1.1
    transfer_encoding:
    - chunked
    content_length: -1
    body: |+
{body}    headers:
      Content-Type:
      - text/event-stream
    status: 200 OK
    code: 200
""")


def start_nginx(folder, port):
  echo = ''.join("echo -n '%s'; echo_flush;\n" % e.replace('\n', '\n') for e in EVENTS)
  with open(folder + '/blob', 'w') as f:
    f.write(''.join(EVENTS))
  with open(folder + '/nginx.conf', 'w') as f:
    f.write(f"""
load_module /usr/lib/nginx/modules/ngx_http_echo_module.so;
daemon off; worker_processes 1; pid {folder}/pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off; default_type text/event-stream; keepalive_requests 100000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{
    listen 127.0.0.1:{port}; root {folder};
    location /stream {{ {echo} }}
    location /blob {{ error_page 405 =200 $uri; }}
    location /fast/ {{ alias {folder}/; default_type application/octet-stream; }}
    location /gigabit/ {{
      alias {folder}/; default_type application/octet-stream; sendfile on; limit_rate 125m;
    }}
  }}
}}
""")
  nginx = subprocess.Popen(['nginx', '-p', folder, '-c', folder + '/nginx.conf'],
                           stderr=subprocess.DEVNULL)
  for _ in range(100):
    try:
      socket.create_connection(('127.0.0.1', port)).close()
      return nginx
    except OSError:
      time.sleep(0.05)
  sys.exit('nginx does not start: ' + open(folder + '/error.log').read())


def seconds(program, requests, url, body, **env):
  """For one request."""
  out = subprocess.run([program, str(requests), url, body], env={**os.environ, **env},
                       stdout=subprocess.PIPE, check=True).stdout
  return float(out.split()[0]) / requests


def compare(name, a, b, target, note, rounds=ROUNDS):
  pairs = []
  for i in range(rounds):  # each first every other time
    first = (a if i % 2 else b)()
    second = (b if i % 2 else a)()
    pairs.append((first, second) if i % 2 else (second, first))
  first, second = (statistics.median(p[i] for p in pairs) for i in (0, 1))
  ratio = statistics.median(x / y for x, y in pairs)
  print(f'{name:8} {first * 1e6:9.1f} us : {second * 1e6:9.1f} us   ratio {ratio:5.2f}   '
        f'target {target}   {note}', flush=True)


def large_cassette(path, size=30_000_000):
  """The seeds' interactions again and again."""
  parts = []
  for name in sorted(glob.glob(HERE + '/../../testdata/seeds/*.yaml')):
    with open(name) as f:
      parts.append(f.read().split('interactions:\n', 1)[1])
  with open(path, 'w') as f:
    f.write('---\nversion: 2\ninteractions:\n')
    for i in range(size):
      f.write(parts[i % len(parts)])
      if f.tell() >= size:
        break


def afresh(folder):
  """Load and save, by turns, each in a process of its own."""
  ours, theirs = os.path.join(BUILD, 'tests/bench_roundtrip'), folder + '/roundtrip'
  sources = [shutil.copy(HERE + name, folder)  # Go wants them in one folder
             for name in ('/roundtrip.go', '/../goldens/cassette.go')]
  built = os.path.exists(ours) and shutil.which('go') and subprocess.run(
      ['go', 'build', '-o', theirs, *sources], stderr=subprocess.DEVNULL,
      env={**os.environ, 'GO111MODULE': 'off', 'GOPATH': '/usr/share/gocode'}).returncode == 0
  if not built:
    print('afresh   left out: no Go, no yaml.v3, or no bench_roundtrip')
    return
  path, out = folder + '/large.yaml', folder + '/out.yaml'
  large_cassette(path)
  runs = [[[float(x) for x in subprocess.run([p, path, out, '3'], stdout=subprocess.PIPE,
                                             check=True).stdout.split()] for p in (ours, theirs)]
          for _ in range(5)]
  for i, what in enumerate(('both', 'load', 'save')):
    a, b = (statistics.median(run[side][i] for run in runs) for side in (0, 1))
    ratio = statistics.median(run[0][i] / run[1][i] for run in runs)
    print(f'afresh   {a * 1e3:9.1f} ms : {b * 1e3:9.1f} ms   ratio {ratio:5.2f}   '
          f'target {"0.30" if not i else "-"}   {what}, 30 MB, here : yaml.v3', flush=True)


def paced(path):
  """Processor seconds for one of N streams of 20 events, 50 ms apart, on one multi handle."""
  body = ''.join(EVENTS)
  cassette(path, 1, 'http://a.test/paced')
  with open(path) as f:
    text = f.read().replace('method: POST', 'method: GET').replace(
        "    body: '{\"question\":0,\"model\":\"gpt-4o\"}'\n", '')
  sizes = ' '.join(f'{len(event)}@{50 * (i + 1)}' for i, event in enumerate(EVENTS))
  with open(path, 'w') as f:
    f.write(text + f'    tapedeck:\n      chunks: {sizes}\n')
  assert sum(map(len, EVENTS)) == len(body)

  def streams(program, mode, count):
    env = {**os.environ, 'LD_PRELOAD': SHIM, 'TAPEDECK_CASSETTE': path, 'TAPEDECK_REPLAYABLE': '1',
           'TAPEDECK_PACE': 'recorded'}
    out = subprocess.run(['sh', '-c', 'ulimit -n 8192 && exec "$@"', '-', program, '--times', mode,
                          str(count), 'http://a.test/paced', '-'], env=env, stdout=subprocess.PIPE,
                         check=True).stdout.decode()
    return float(re.search(r'([\d.]+) ms of the processor', out)[1]) / 1e3 / count

  return streams


LARGE = 100_000_000
MEASURE = '''
import resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[1:], check=True)
print(time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
'''


def download(folder, url, recorded):
  """Seconds and peak bytes of curl; and the seconds of all."""
  cassette = folder + '/large.yaml'
  before = [os.path.join(BUILD, 'cli/tapedeck'), 'record', '-q', '-o', cassette, '--']
  start = time.monotonic()
  out = subprocess.run([*(before if recorded else []), sys.executable, '-c', MEASURE, 'curl', '-s',
                        '-o', '/dev/null', url], stdout=subprocess.PIPE, check=True).stdout.split()
  whole = time.monotonic() - start
  if recorded:
    os.unlink(cassette)
  return float(out[0]), int(out[1]), whole


def compare_downloads(folder, base):
  with open(folder + '/large', 'wb') as f:
    f.write(os.urandom(LARGE))
  for name, path, target in (('record', '/gigabit/large', '1.05'), ('record', '/fast/large', '-')):
    runs = [[download(folder, base + path, recorded) for recorded in (True, False)]
            for _ in range(5)]
    median = lambda which, part: statistics.median(run[which][part] for run in runs)
    for part, what, goal in ((0, 'the program', target), (2, 'with the saving', '-')):
      ratio = statistics.median(run[0][part] / run[1][part] for run in runs)
      print(f'{name:8} {median(0, part) * 1e6:9.0f} us : {median(1, part) * 1e6:9.0f} us   '
            f'ratio {ratio:5.2f}   target {goal}   100 MB, {path.split("/")[1]}, {what}')
  more = median(0, 1) - median(1, 1)
  print(f'memory   {median(0, 1) / 1e6:9.1f} MB : {median(1, 1) / 1e6:9.1f} MB   ratio '
        f'{more / LARGE:5.2f}   target 1.05   what recording adds, by the body', flush=True)
def took(command):
  start = time.perf_counter()
  subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
  return time.perf_counter() - start


def peak_memory(command):
  """In kilobytes."""
  pid = os.fork()
  if pid == 0:
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.execvp(command[0], command)
  return os.wait4(pid, 0)[2].ru_maxrss


def scrub(folder):
  tapedeck = os.path.join(BUILD, 'cli/tapedeck')
  for size in (10, 100):
    large_cassette(f'{folder}/{size}mb.yaml', size * 1000 * 1000)
  check = [tapedeck, 'scrub', '--check', folder + '/100mb.yaml']
  compare('scrub', lambda: took(check), lambda: took(['grep', '-c', 'sk-proj-', check[-1]]), '5.00',
          'scrub --check : grep -c, 100 MB')
  print('scrub    memory: %d kB for 100 MB, %d kB for 10 MB' % (
      peak_memory(check), peak_memory(check[:-1] + [folder + '/10mb.yaml'])))


def main():
  folder = tempfile.mkdtemp(prefix='tapedeck-bench-')
  os.chmod(folder, 0o755)
  program = folder + '/requests'
  subprocess.run(['cc', '-O2', '-o', program, HERE + '/requests.c', '-lcurl'], check=True)
  drive = folder + '/drive'
  subprocess.run(['cc', '-O2', '-D_GNU_SOURCE', '-o', drive, HERE + '/../programs/drive.c',
                  HERE + '/../programs/loops.c', '-lcurl', '-lpthread'], check=True)
  port = free_port()
  base = f'http://127.0.0.1:{port}'
  nginx = start_nginx(folder, port)
  try:
    for count in (1, 100, 10000):
      cassette(f'{folder}/{count}.yaml', count, base + '/stream')
    body = folder + '/body.json'
    with open(body, 'w') as f:
      f.write('{"question":0,"model":"gpt-4o"}')

    def live(path, **env):
      return lambda: seconds(program, 2000, base + path, body, **env)

    def taped(count, **env):
      return live('/stream', LD_PRELOAD=SHIM, TAPEDECK_CASSETTE=f'{folder}/{count}.yaml',
                  TAPEDECK_REPLAYABLE='1', **env)

    def beside(name):
      program = os.path.join(BUILD, 'tests/bench_' + name)
      if os.path.exists(program):
        subprocess.run([program], check=True)

    def sleepers():
      streams = paced(folder + '/paced.yaml')
      for mode in ('epoll', 'perform-poll'):
        compare('sleepers', lambda: streams(drive, mode, 1000), lambda: streams(drive, mode, 100),
                '1.00', 'a paced stream of 1,000 : of 100, ' + mode, rounds=3)

    benchmarks = {
        'afresh': lambda: afresh(folder),
        'read': lambda: beside('reader'),
        'nearest': lambda: beside('nearest'),
        'diff': lambda: beside('diff'),
        'scrub': lambda: scrub(folder),
        'stream': lambda: compare('stream', taped(1), live('/stream'), '0.50',
                                  'tape : nginx, 20 flushed events'),
        'blob': lambda: compare('blob', taped(1), live('/blob'), '-',
                                'tape (20 events) : nginx, one piece'),
        'events': lambda: compare('events', taped(1), taped(1, TAPEDECK_SPLIT='whole'), '1.10',
                                  '20 events : one piece', rounds=41),
        'sleepers': sleepers,
        'lookup': lambda: compare('lookup', taped(10000), taped(100), '1.30',
                                  '10,000 interactions : 100'),
        'record': lambda: compare_downloads(folder, base),
        'live': lambda: compare('live', live('/blob', LD_PRELOAD=SHIM), live('/blob'), '1.02',
                                'live with the shim : without', rounds=41),
    }
    for name in sys.argv[2:] or benchmarks:
      benchmarks[name]()
  finally:
    nginx.terminate()
    nginx.wait()
    shutil.rmtree(folder)


main()
