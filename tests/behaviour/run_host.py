#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Living in somebody else's process: what the shim must not change there. Prints TAP."""

import argparse
import os
import sys
import tempfile

from tap import (ROOT, Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

HELLO = os.path.join(ROOT, 'testdata', 'seeds', 'openai-chat-hello.yaml')
URL = 'https://api.openai.com/v1/chat/completions'

CASES = {
    'own-libraries': 'played: 0, 1836 bytes\ncalled by others: 0\nmine: 42 1\n',
    'close-descriptors':
        'before: 0, 1836 bytes\nafter: 0, 1836 bytes\ndescriptors lost: 0\n',
    'fork': 'parent: 0, 1836 bytes\nchild: 0, 1836 bytes\nparent again: 0, 1836 bytes\nchild: 0\n',
    'late-url': ''.join(f'late {kind}: 0, 1836 bytes\n' for kind in range(3)),
    'no-callbacks': 'played: 0, 1836 bytes\n',
    'errno': 'played: 0, 1836 bytes\nerrno: 4242\n',
    'fork-under-threads': 'played: 16\n',
}

PHP = """$c = curl_init($argv[1]); curl_setopt($c, CURLOPT_RETURNTRANSFER, 1);
curl_setopt($c, CURLOPT_POSTFIELDS, file_get_contents($argv[2]));
echo curl_exec($c); exit(curl_errno($c));"""


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  build = os.path.abspath(find_build(parser.parse_args().build))
  tapedeck = os.path.join(build, 'cli', 'tapedeck')
  host = os.path.join(build, 'tests', 'host')
  tap = Tap()
  show = lambda part: Run([tapedeck, 'show', f'--{part}-body', HELLO]).out
  preload = preloaded_by(tapedeck)
  shim = clean_environment(LD_PRELOAD=preload)
  sanitized = not stock_programs_run(preload)

  with tempfile.TemporaryDirectory(prefix='tapedeck-host-') as folder:
    body = os.path.join(folder, 'body.json')
    with open(body, 'wb') as f:
      f.write(show('request'))

    for name, want in CASES.items():
      if sanitized and name == 'fork-under-threads':
        tap.skip('host: ' + name, "a child can be left with a lock of the sanitizer's allocator")
        continue
      run = Run(no_network() + [tapedeck, 'replay', '-q', '--replayable', HELLO, '--', host, name,
                                URL, body])
      tap.result(run.code == 0 and run.text() == want, f'host: {name}',
                 run.text() + run.story())

    # Preloaded, and no cassette in use.
    for command in (['ls', '-l', ROOT], ['/usr/bin/python3', '-c', 'print(1)'],
                    ['curl', '--version'], ['curl', '-sS', 'file://' + body],
                    ['curl', '-sS', '-i', 'http://127.0.0.1:1/'], ['curl', '-sS', 'http://[bad'],
                    ['php', '-r', 'print_r(curl_version());']):
      if command[0] != '/usr/bin/python3' and Run(['sh', '-c', 'command -v ' + command[0]]).code:
        tap.skip('no cassette: ' + command[0], 'is not installed')
        continue
      if sanitized and command[0] in ('curl', 'php'):
        tap.skip('no cassette: ' + command[0], 'does not run under this sanitizer')
        continue
      plain, preloaded = Run(command), Run(command, env=shim)
      same = (plain.code, plain.out, plain.err) == (preloaded.code, preloaded.out, preloaded.err)
      tap.result(same, 'no cassette, nothing changes: ' + ' '.join(command)[:60],
                 plain.story() + preloaded.story())

    # Preloaded with a cassette, into programs that have no use for it.
    cassette = {**shim, 'TAPEDECK_CASSETTE': HELLO}
    for command in (['ls', ROOT], ['/usr/bin/python3', '-c', 'print(1)'], ['sh', '-c', 'exit 3']):
      plain, preloaded = Run(command), Run(command, env=cassette)
      tap.result((plain.code, plain.out, plain.err) ==
                 (preloaded.code, preloaded.out, preloaded.err),
                 'no libcurl, nothing changes: ' + command[0], preloaded.story())
    maps = Run(['cat', '/proc/self/maps'], env=cassette).text()
    foreign = [name for name in ('libcurl', 'libyaml', 'libcjson') if '/' + name in maps]
    tap.result(not foreign, 'the shim brings no library along', ' '.join(foreign))

    # PHP loads its module so that a preload would be gone round.
    if Run(['php', '-r', 'exit(extension_loaded("curl") ? 0 : 1);']).code:
      tap.skip('php', 'has no curl module')
    elif sanitized:
      tap.skip('php', 'the sanitizer does not go with how it loads modules')
    else:
      run = Run(no_network() + [tapedeck, 'replay', '-q', HELLO, '--', 'php', '-r',
                                PHP, '--', URL, body])
      tap.result(run.code == 0 and run.out == show('response'), 'php plays', run.story())
  return tap.finish()


if __name__ == '__main__':
  sys.exit(main())
