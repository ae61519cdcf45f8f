#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Starts and stops the servers of the behaviour tests: nginx, and upstream.py behind it.

    server.py start DIR     prints the ports as JSON; everything lives below DIR
    server.py stop DIR

Loopback only, on ports that were free; TLS by a certificate authority made for the occasion
(DIR/ca.pem) for a.localhost and b.localhost.
"""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
NAMES = ('a.localhost', 'b.localhost')
LAST_MODIFIED = 1700000000  # 14 November 2023


def free_ports(count):
  """Ports that nobody uses at this moment."""
  sockets = [socket.socket() for _ in range(count)]
  for each in sockets:
    each.bind(('127.0.0.1', 0))
  ports = [each.getsockname()[1] for each in sockets]
  for each in sockets:
    each.close()
  return ports


def make_certificates(prefix):
  """ca.pem, server.pem and server.key."""
  path = lambda name: os.path.join(prefix, name)
  run = lambda *args: subprocess.run(['openssl', *args], check=True, capture_output=True)
  new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  run('req', '-x509', *new_key, '-keyout', path('ca.key'), '-out', path('ca.pem'), '-days', '2',
      '-subj', '/CN=Behaviour tests')
  run('req', *new_key, '-keyout', path('server.key'), '-out', path('server.csr'), '-subj',
      '/CN=' + NAMES[0])
  with open(path('names.cnf'), 'w') as file:
    file.write('subjectAltName=' + ','.join('DNS:' + name for name in NAMES) + '\n')
  run('x509', '-req', '-in', path('server.csr'), '-CA', path('ca.pem'), '-CAkey', path('ca.key'),
      '-CAcreateserial', '-out', path('server.pem'), '-days', '2', '-extfile', path('names.cnf'))


def make_files(prefix):
  """What nginx serves: the same bytes and dates each time."""
  text = ''.join(f'line {i} of a text that can be compressed\n' for i in range(80)).encode()
  value, large = 1, bytearray()
  while len(large) < 300_000:
    value = (value * 1103515245 + 12345) & 0x7fffffff
    large += value.to_bytes(4, 'little')
  for name, data in {'static/hello.txt': b'Hello, world\n', 'static/empty.txt': b'',
                     'static/large.bin': bytes(large), 'gzip/text.txt': text,
                     'private/hello.txt': b'Hello, Ada\n'}.items():
    path = os.path.join(prefix, 'files', name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
      file.write(data)
    os.utime(path, (LAST_MODIFIED, LAST_MODIFIED))
  with open(os.path.join(prefix, 'htpasswd'), 'w') as file:
    file.write('ada:{PLAIN}secret\n')


def fill_template(name, prefix, values):
  with open(os.path.join(HERE, name + '.in')) as file:
    text = file.read()
  for key, value in values.items():
    text = text.replace(f'@{key}@', str(value))
  with open(os.path.join(prefix, name), 'w') as file:
    file.write(text)


def find_nginx():
  return shutil.which('nginx') or shutil.which('nginx', path='/usr/sbin:/sbin:/usr/local/sbin')


def start_upstream(prefix):
  """The process, left running, and its ports (plain, TLS)."""
  path = lambda name: os.path.join(prefix, name)
  with open(path('upstream.log'), 'wb') as log:
    upstream = subprocess.Popen([sys.executable, os.path.join(HERE, 'upstream.py'), '--cert',
                                 path('server.pem'), '--key', path('server.key'), '--git',
                                 path('git')],
                                stdout=subprocess.PIPE, stderr=log, stdin=subprocess.DEVNULL,
                                start_new_session=True)
  ports = [int(port) for port in upstream.stdout.readline().split()]
  if len(ports) != 2:
    raise RuntimeError(f"upstream.py did not start, see '{path('upstream.log')}'")
  with open(path('upstream.pid'), 'w') as file:
    file.write(str(upstream.pid))
  return ports


def start(prefix):
  """Starts everything below an empty folder; the ports by name."""
  prefix = os.path.abspath(prefix)
  os.makedirs(prefix, exist_ok=True)
  make_certificates(prefix)
  make_files(prefix)
  plain, secure = start_upstream(prefix)
  try:
    for attempt in range(5):  # a free port may be taken before nginx has it
      http, tls, h2 = free_ports(3)
      user = 'user root;' if os.geteuid() == 0 else ''
      values = {'PREFIX': prefix, 'USER': user, 'HTTP': http, 'TLS': tls, 'H2': h2,
                'UPSTREAM': plain}
      fill_template('locations.conf', prefix, values)
      fill_template('nginx.conf', prefix, values)
      result = subprocess.run([find_nginx(), '-p', prefix, '-e', prefix + '/error.log', '-c',
                               prefix + '/nginx.conf'], capture_output=True, text=True)
      if result.returncode == 0:
        return {'http': http, 'tls': tls, 'h2': h2, 'raw': plain, 'raw_tls': secure}
    raise RuntimeError('nginx did not start: ' + result.stderr)
  except BaseException:
    stop(prefix)
    raise


def stop(prefix):
  """Ends what start() began, by the process ids that it noted."""
  for name in ('nginx.pid', 'upstream.pid'):
    path = os.path.join(prefix, name)
    try:
      with open(path) as file:
        pid = int(file.read())
      os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
      continue
    for _ in range(200):
      try:
        if os.waitpid(pid, os.WNOHANG)[0]:
          break
      except ChildProcessError:
        if not os.path.exists(f'/proc/{pid}'):
          break
      time.sleep(0.01)
    if name == 'upstream.pid':
      os.unlink(path)


def main():
  if len(sys.argv) != 3 or sys.argv[1] not in ('start', 'stop'):
    print(__doc__.split('\n\n')[1], file=sys.stderr)
    return 2
  if sys.argv[1] == 'start':
    print(json.dumps(start(sys.argv[2])))
  else:
    stop(sys.argv[2])
  return 0


if __name__ == '__main__':
  sys.exit(main())
