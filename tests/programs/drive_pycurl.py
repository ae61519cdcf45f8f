#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""drive.c by way of pycurl: drive_pycurl.py MODE N URL BODYFILE [EXPECTED]

MODE: easy, select (perform, fdset and select), socket (socket_action with a poll object of the
program's own and a timer callback). Prints of each handle what came and in which pieces; fails
where a transfer fails or the bytes are not those of the file EXPECTED.
"""

import os
import select
import sys
import time

import pycurl

PATIENCE = 10.0
MAX_TURNS = 200_000


class Job:
  def __init__(self, url, body):
    self.pieces, self.error = [], None
    self.easy = pycurl.Curl()
    self.easy.setopt(pycurl.URL, url)
    self.easy.setopt(pycurl.WRITEFUNCTION, lambda data: self.pieces.append(data))
    self.easy.setopt(pycurl.TIMEOUT, 60)
    if body is not None:
      self.easy.setopt(pycurl.POSTFIELDS, body)
    if 'SCENARIO_CAINFO' in os.environ:
      self.easy.setopt(pycurl.CAINFO, os.environ['SCENARIO_CAINFO'])

  def finish(self, number, expected):
    data = b''.join(self.pieces)
    good = self.error is None and (expected is None or data == expected)
    code = self.easy.getinfo(pycurl.RESPONSE_CODE)
    lengths = ','.join(str(len(piece)) for piece in self.pieces)
    print(f'handle {number}: result {0 if self.error is None else self.error}, code {code}, '
          f'callbacks {len(self.pieces)}, bytes {len(data)}'
          f'{"" if good else ", NOT AS EXPECTED"}, lengths {lengths}')
    self.easy.close()
    return good


def run_easy(jobs):
  for job in jobs:
    try:
      job.easy.perform()
    except pycurl.error as error:
      job.error = error.args[0]
  return 0


def collect(multi, jobs):
  by_handle = {id(job.easy): job for job in jobs}
  while True:
    left, _, failed = multi.info_read()
    for easy, code, _ in failed:
      by_handle[id(easy)].error = code
    if not left:
      return


def run_select(multi):
  turns = 0
  while True:
    while (answer := multi.perform())[0] == pycurl.E_CALL_MULTI_PERFORM:
      pass
    if not answer[1]:
      return turns
    timeout = multi.timeout()
    timeout = PATIENCE if timeout < 0 else timeout / 1000
    sets = multi.fdset()
    select.select(*sets, timeout if any(sets) else min(timeout, 0.1))
    turns += 1
    if turns > MAX_TURNS:
      raise SystemExit('the loop spins')


def run_socket(multi):
  poller, watched, deadline, turns = select.epoll(), set(), None, 0

  def on_socket(what, fd, _multi, _known):
    if what == pycurl.POLL_REMOVE:
      watched.discard(fd)
      try:
        poller.unregister(fd)
      except OSError:
        pass  # closed by now
      return
    mask = (select.EPOLLIN if what & pycurl.POLL_IN else 0) | (
        select.EPOLLOUT if what & pycurl.POLL_OUT else 0)
    if fd in watched:
      poller.modify(fd, mask)
    else:
      poller.register(fd, mask)
      watched.add(fd)

  def on_timer(milliseconds):
    nonlocal deadline
    deadline = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

  multi.setopt(pycurl.M_SOCKETFUNCTION, on_socket)
  multi.setopt(pycurl.M_TIMERFUNCTION, on_timer)
  running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
  while running:
    wait = PATIENCE if deadline is None else max(0.0, deadline - time.monotonic())
    events = poller.poll(wait)
    if not events and deadline is None:
      raise SystemExit('neither socket nor timer: nothing would ever happen')
    for fd, mask in events:
      action = (pycurl.CSELECT_IN if mask & select.EPOLLIN else 0) | (
          pycurl.CSELECT_OUT if mask & select.EPOLLOUT else 0) | (
              pycurl.CSELECT_ERR if mask & (select.EPOLLERR | select.EPOLLHUP) else 0)
      running = multi.socket_action(fd, action)[1]
    if deadline is not None and deadline <= time.monotonic():
      deadline = None
      running = multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)[1]
    turns += 1
    if turns > MAX_TURNS:
      raise SystemExit('the loop spins')
  return turns


def read_file(path):
  with open(path, 'rb') as file:
    return file.read()


def main():
  if len(sys.argv) not in (5, 6) or sys.argv[1] not in ('easy', 'select', 'socket'):
    print(__doc__, file=sys.stderr)
    return 2
  mode, count, url, body_path = sys.argv[1:5]
  body = None if body_path == '-' else read_file(body_path)
  expected = read_file(sys.argv[5]) if len(sys.argv) == 6 else None
  jobs = [Job(url, body) for _ in range(int(count))]
  if mode == 'easy':
    turns = run_easy(jobs)
  else:
    multi = pycurl.CurlMulti()
    for job in jobs:
      multi.add_handle(job.easy)
    turns = (run_select if mode == 'select' else run_socket)(multi)
    collect(multi, jobs)
    for job in jobs:
      multi.remove_handle(job.easy)
    multi.close()
  print(f'loop: iterations {turns}')
  good = [job.finish(number, expected) for number, job in enumerate(jobs)]
  return 0 if all(good) else 1


if __name__ == '__main__':
  sys.exit(main())
