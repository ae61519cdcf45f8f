#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Whether users of stock programs can tell a recording from the network.

Each command line runs three times: live without Tapedeck, live under `tapedeck record`, and offline
under `tapedeck replay` of what was just recorded. All that its user sees has to be equal: standard
output, standard error, the exit code and the files that were written.

Prints TAP. What cannot be equal is in EXCEPTIONS, each with its reason.
"""

import argparse
import concurrent.futures
import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

from tap import (ROOT, Run, Tap, clean_environment, find_build, no_network, preloaded_by,
                 stock_programs_run)

sys.path.insert(0, os.path.join(ROOT, 'tests', 'nginx'))
import server  # noqa: E402

ATTEMPTS = 3

# name, arguments of curl. {http}, {https}, {h2}, {raw}, {raws}: where the servers are; {proxy},
# {basic}, {digest}: proxies; {ca}: the authority's certificate. Each run has a folder of its own,
# with the files of INPUTS.
INPUTS = {
    'body.json': b'{"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}',
    'form.txt': b'a small file\n',
    'binary.bin': bytes(range(256)) * 64,
    'big.bin': bytes(range(256)) * 8192,
    'names.txt': b'a=1&b=two words',
    'cookies.txt': b'# Netscape HTTP Cookie File\n'
                   b'a.localhost\tFALSE\t/\tFALSE\t4102444800\tfrom\tfile\n',
    'config': b'url = "{http}/static/hello.txt"\nurl = "{http}/up/echo"\ninclude\n',
}
WRITE_OUT = ' '.join(f'{name}=%{{{name}}}' for name in (
    'content_type errormsg exitcode filename_effective ftp_entry_path http_code http_connect '
    'http_version local_ip method num_connects num_headers num_redirects proxy_ssl_verify_result '
    'redirect_url referer remote_ip remote_port response_code scheme size_download size_header '
    'size_request size_upload ssl_verify_result url url_effective urlnum').split())

CURL = [
    ('get', '{http}/static/hello.txt'),
    ('include', '-i {http}/static/hello.txt'),
    ('include, chunked', '-i {http}/up/chunked'),
    ('head', '-I {http}/static/hello.txt'),
    ('head of what is chunked', '-I {http}/up/chunked'),
    ('verbose', '-v {http}/up/echo'),
    ('verbose with a body', '-v -d a=b {https}/up/echo'),
    ('verbose over http2', '-v {h2}/static/hello.txt'),
    ('redirect, not followed', '-i {http}/up/redirect?code=302&to=/up/echo'),
    ('redirect', '-iL {http}/up/redirect?code=302&to=/up/echo'),
    ('redirect, five of them', '-sL --max-redirs 2 {http}/up/redirect?code=302&to=%2Fup%2Fredirect'
     '%3Fcode%3D302%26to%3D%252Fup%252Fredirect%253Fcode%253D301%2526to%253D%25252Fup%25252Fecho'),
    ('redirect of a post', '-iL -d data {http}/up/redirect?code=303&to=/up/echo'),
    ('redirect of a post, kept', '-iL -d data {http}/up/redirect?code=307&to=/up/echo'),
    ('redirect to https', '-iL {http}/up/redirect?code=301&to={https}/up/echo'),
    ('redirect to another host', '-iL -u ada:secret {http}/up/redirect?code=301&to={http_b}/up/echo'),
    ('redirect with a cookie', '-L -b none {http}/up/redirect?code=302&cookie=c&to=/up/echo'),
    ('post', '-d name=value -d other=1 {http}/up/echo'),
    ('post as get', '-G -d name=value --data-urlencode q=a&b {http}/up/echo'),
    ('post, encoded', '--data-urlencode text@form.txt --data-urlencode =ol\u00e1 {http}/up/echo'),
    ('post a file', '--data-binary @binary.bin {http}/up/echo'),
    ('post a large file', '--data-binary @big.bin {http}/up/echo'),
    ('json', '-i --json @body.json {http}/up/echo'),
    ('multipart', '-F text=value -F file=@form.txt;type=text/x-plain -F binary=@binary.bin '
     '{http}/up/echo'),
    ('put', '-T form.txt {http}/up/echo'),
    ('put, large', '-T big.bin {http}/up/echo'),
    ('put, chunked', '-H Transfer-Encoding:chunked -T binary.bin {http}/up/echo'),
    ('put, expected', '-v -H Expect:100-continue -T form.txt {http}/up/echo'),
    ('put, not expected', '--expect100-timeout 0.2 -H Expect:100-continue -T form.txt '
     '{raw}/up/no-continue'),
    ('upload that is refused', '-i -T big.bin {raw}/up/refuse-upload'),
    ('upload that is refused early', '-i -H Expect:100-continue -T big.bin {raw}/up/refuse-upload'),
    ('compressed', '-i --compressed {http}/gzip/text.txt'),
    ('compressed, deflate', '--compressed {http}/up/deflate'),
    ('compressed, broken', '-i --compressed {http}/up/gzip-broken'),
    ('gzip, not decoded', '-o out.gz -H Accept-Encoding:gzip {http}/gzip/text.txt'),
    ('basic', '-i -u ada:secret {http}/private/hello.txt'),
    ('basic, wrong', '-i -u ada:wrong {http}/private/hello.txt'),
    ('digest', '-i --digest -u ada:secret {http}/up/digest'),
    ('digest with a body', '-i --digest -u ada:secret -d data {http}/up/digest'),
    ('any', '-i --anyauth -u ada:secret {http}/up/any'),
    ('bearer', '--oauth2-bearer token-of-ada {http}/up/status?code=200'),
    ('cookies', '-i -c jar.txt {http}/up/cookies/set'),
    ('cookies given', '-b a=1;b=2 -b cookies.txt {http}/up/echo'),
    ('cookies kept', '-c jar.txt -b jar.txt {https}/up/cookies/set {https}/up/echo'),
    ('several files', '-o one.txt -o two.bin {http}/static/hello.txt {http}/static/large.bin'),
    ('globs', '-o file_#1.txt {http}/static/[[hello,empty]].txt'),
    ('remote name', '-O {http}/static/hello.txt'),
    ('remote header name', '-OJ {http}/up/attachment'),
    ('remote time', '-R -O {http}/static/hello.txt'),
    ('next', '-d a=1 {http}/up/echo --next -I {http}/static/hello.txt --next {http}/up/chunked'),
    ('head, then get', '-I {http}/static/hello.txt --next {http}/static/hello.txt'),
    ('write-out', ['-sS', '-o', 'out', '-w', WRITE_OUT + r'\n', '{http}/static/hello.txt',
                   '{https}/up/echo', '{http}/nothing']),
    ('write-out over http2', ['-sS', '-o', 'out', '-w', WRITE_OUT + r'\n', '{h2}/static/hello.txt']),
    ('write-out of headers', ['-sS', '-o', 'out', '-w', r'%{header_json}\n%header{server}\n',
                              '{http}/up/odd-headers']),
    ('parallel', '-Z -o 1 -o 2 -o 3 {http}/static/hello.txt {http}/up/chunked {http}/up/echo'),
    ('parallel, fifty', '-Z -o out_#1 {http}/said/?id=[1-50]'),
    ('ranges', '-i -r 5-9 {http}/static/hello.txt'),
    ('several ranges', '-r 0-3,5-9 {http}/static/hello.txt'),
    ('range that is none', '-i -r 500- {http}/static/hello.txt'),
    ('continue', '-C 7 -o form.txt {http}/static/hello.txt'),
    ('fail', '-f {http}/status/404'),
    ('fail, with body', '--fail-with-body {http}/status/500'),
    ('fail early', '--fail-early -f {http}/status/404 {http}/static/hello.txt'),
    ('other method', '-X DELETE -i {http}/up/echo'),
    ('options', '-X OPTIONS --request-target * -i {raw}/up/echo'),
    ('retry', '--retry 2 --retry-delay 1 {http}/up/flaky?once'),
    ('http2', '-i {h2}/static/hello.txt'),
    ('http2 post', '-i --json @body.json {h2}/up/echo'),
    ('http2, parallel', '-Z -o 1 -o 2 -o 3 -o 4 {h2}/static/hello.txt {h2}/static/large.bin '
     '{h2}/up/echo {h2}/gzip/text.txt'),
    ('http 1.0', '-0 -i {http}/static/hello.txt'),
    ('https', '-i {https}/up/echo'),
    ('http proxy', '-i -x {proxy} {http}/up/echo'),
    ('connect proxy', '-i -x {proxy} {https}/up/echo'),
    ('connect proxy, its head not shown', '-i --suppress-connect-headers -p -x {proxy} {http}/up/echo'),
    ('proxy with a password', '-i -x {basic} --proxy-user ada:secret {http}/up/status?code=200'),
    ('proxy that asks', '-i -x {digest} --proxy-digest --proxy-user ada:secret {http}/up/echo'),
    ('proxy that asks, any', '-i -x {basic} --proxy-anyauth --proxy-user ada:secret -d data '
     '{http}/up/echo'),
    ('connect proxy that asks', '-x {digest} --proxy-digest --proxy-user ada:secret '
     '{https}/up/echo'),
    ('proxy that refuses', '-i -x {basic} {http}/up/echo'),
    ('connect proxy that refuses', '-i -x {basic} {https}/up/echo'),
    ('headers', ['-H', 'User-Agent:', '-H', 'Accept: a/b', '-H', 'X-Empty;', '-H',
                 'X-Long: ' + 'x' * 3000, '{http}/up/echo']),
    ('user agent and referer', '-A me/1.0 -e http://from.test/ {http}/up/echo'),
    ('timeout', '-m 1 {raw}/up/stall'),
    ('dies before the head', '{raw}/up/die?where=nothing'),
    ('dies in the head', '-i {raw}/up/die?where=head'),
    ('dies in the body', '-i {raw}/up/die?where=length'),
    ('dies in a chunk', '-i {raw}/up/die?where=chunked'),
    ('is reset', '-i {raw}/up/die?where=reset'),
    # One chunk: nginx cuts them anew, by luck.
    ('raw', '-i --raw {http}/up/events?count=1'),
    ('raw, several chunks', '-i --raw {raw}/up/chunked'),
    ('raw, trailers', '-i --raw {raw}/up/trailers'),
    ('not buffered', '-N {http}/up/events?count=5&ms=20'),
    ('204', '-i {http}/status/204'),
    ('304', '-i -H If-None-Match:"tag" {http}/up/not-modified'),
    ('trailers', '-i {raw}/up/trailers'),
    ('early hints', '-i {raw}/up/early-hints'),
    ('until it is closed', '-i {raw}/up/close-delimited'),
    ('http 1.0 until it is closed', '-i {raw}/up/close-delimited?http10'),
    ('etags', '--etag-save tag {http}/up/not-modified'),
    ('etags compared', '--etag-save tag --etag-compare tag {http}/up/not-modified --next '
     '--etag-compare tag -o again {http}/up/not-modified'),
    ('time condition', '-z 2030-01-01 -i {http}/static/hello.txt'),
    ('time condition of a file', '-z form.txt {http}/static/hello.txt'),
    ('path as it is', '-i --path-as-is {raw}/up/./x/../echo'),
    ('connection that dies between two', '{raw}/up/echo {raw}/up/fresh-only'),
    ('resolve', '--resolve other.test:{http_port}:127.0.0.1 http://other.test:{http_port}/up/echo'),
    ('connect to', '--connect-to other.test:80:127.0.0.1:{http_port} http://other.test/up/echo'),
    ('config file', '-K config'),
    ('head into a file', '-D head.txt -o body.txt {http}/up/odd-headers'),
    ('file size', '--max-filesize 10 {http}/static/large.bin'),
    ('nobody there', '{nowhere}/x'),
    ('no such host', 'http://no-such-host.invalid/'),
    ('odd status', '-i {http}/up/status?code=599'),
    ('large', '-o large.bin {https}/static/large.bin'),
    ('user in the url', '-i {http_user}/private/hello.txt'),
    ('fragment', '-i {http}/static/hello.txt#fragment'),
    ('query of all kinds', '-G {http}/up/echo?a=%20b&c=+d&e&f=%C3%A9'),
    ('limited', '--limit-rate 1M {http}/static/large.bin -o large.bin'),
    ('create folders', '--create-dirs -o a/b/c.txt {http}/static/hello.txt'),
]

# What never comes to an answer leaves nothing to be played.
NOTHING_TO_PLAY = 'connect proxy that refuses|dies before the head|nobody there|no such host'
# Answers that end early, which it takes a tape that can break off to play.
BROKEN = 'dies in .*|is reset|timeout|time condition of a file'
# The server has answered before it had the request, and no whole one is like the part that was sent.
PART_OF_A_REQUEST = 'upload that is refused.*'

# name (a pattern), what is taken out of both runs: a pattern and what stands for it; the reason.
EXCEPTIONS = [
    ('.*parallel.*', rb'(?m)^DL% UL%.*\n|.*--:--:--.*', b'', 'the progress meter counts time'),
    ('verbose over http2', rb'(?m)^> .*\n', b'',
     'the wire of the tape is HTTP/1.1, and -v shows the request that was sent'),
    ('write-out.*', rb'(local_ip|local_port|num_connects|ssl_verify_result|remote_port)=\S+', b'',
     'connections are kept by host, and the tape keeps one'),
    ('write-out over http2', rb'size_request=\S+', b'', 'HTTP/1.1 again'),
    ('cookies.*', rb'(?mi)(?<=^set-cookie: )([\w-]+=)[^;\r\n]*|^(\S+\t\S+\t/\S*\t\S+\t\d+\t\w+\t).*$|'
     rb'(?<=^cookie: ).*', rb'\1\2(value)', 'the value of a cookie that is set is not recorded'),
    ('cookies kept', rb'.*__(Host|Secure)-.*\n|__(Host|Secure)-prefixed=\d+(; )?', b'',
     'over http, which the wire is, libcurl does not take cookies of these names'),
    ('connect proxy.*|proxy that refuses', rb'HTTP/1.1 200 Connection established\r\nX-Proxy: yes'
     rb'\r\n\r\n', b'', 'no proxy stands before a tape'),
    ('(connect )?proxy that asks.*', rb'HTTP/1.1 407 ([^\r]+\r\n)*\r\n', b'', 'the same'),
    ('dies in the head', rb'(?s)exit.*', b'', 'a head has an end on tape, and the lack of a body is '
     'then an error'),
    ('(raw, )?trailers', rb'X-Sum: .*\n', b'', 'a cassette keeps them in the order of their names'),
    ('several ranges', rb'(?m)^--\d{20}', b'--boundary', 'nginx counts them'),
    ('.*', rb'(?m)^[*{}] .*\n', b'', 'what libcurl tells of sockets and of TLS'),
    ('pycurl .* h2', rb'callbacks \d+|lengths [\d,]+', b'',
     'equal requests at once get their answers in the order in which they are asked'),
    ('pycurl.*', rb'loop: iterations \d+', b'', 'the network takes its time'),
    ('.*', rb'\d\d:\d\d:\d\d', b'(time)', 'the time of day'),
    ('.*', rb'(?<=in )\d+ ms', b'(some) ms', 'it takes its time'),
    ('.*', rb'after \d+ milliseconds', b'after (some) milliseconds', 'the same'),
]
LIVE_ONLY = [
    (rb'(?<=[Dd]ate: )\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT', b'(date)', 'two runs'),
    (rb'callbacks \d+|lengths [\d,]+', b'(pieces)', 'a live server\'s may come glued together'),
    (rb'("date":\[")[^"]*', rb'\1(date)', 'two runs'),
]


class Suite:
  def __init__(self, options, folder):
    self.tap, self.folder, self.tapedeck = Tap(), folder, options.tapedeck
    self.offline = no_network()
    self.breaks_off = '--fault' in Run([self.tapedeck, 'replay', '--help']).text()
    prefix = os.path.join(folder, 'server')
    self.ports = server.start(prefix)
    self.env = clean_environment(CURL_CA_BUNDLE=os.path.join(prefix, 'ca.pem'),
                                 HOME=os.path.join(folder, 'home'))
    os.mkdir(self.env['HOME'])
    self.proxies, self.processes = {}, []
    for name in ('proxy', 'basic', 'digest'):
      auth = [] if name == 'proxy' else ['--auth', name]
      process = subprocess.Popen([sys.executable, os.path.join(ROOT, 'tests/nginx/proxy.py'), *auth],
                                 stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
      self.processes.append(process)
      self.proxies[name] = f'http://127.0.0.1:{int(process.stdout.readline())}'
    nowhere, = server.free_ports(1)
    at = lambda scheme, name, host='a.localhost': f'{scheme}://{host}:{self.ports[name]}'
    self.places = {
        'http': at('http', 'http'), 'http_b': at('http', 'http', 'b.localhost'),
        'http_user': at('http', 'http', 'ada:secret@a.localhost'), 'https': at('https', 'tls'),
        'h2': at('https', 'h2'), 'raw': at('http', 'raw'), 'raws': at('https', 'raw_tls'),
        'http_port': self.ports['http'], 'nowhere': f'http://127.0.0.1:{nowhere}',
        'ca': self.env['CURL_CA_BUNDLE'], **self.proxies}

  def close(self):
    for process in self.processes:
      process.terminate()
      process.wait()
    server.stop(os.path.join(self.folder, 'server'))

  def fill(self, arguments):
    if isinstance(arguments, str):
      arguments = arguments.split()
    for name, value in self.places.items():
      arguments = [argument.replace('{' + name + '}', str(value)) for argument in arguments]
    return [argument.replace('[[', '{').replace(']]', '}') for argument in arguments]

  def work(self, name, kind):
    """A folder for one run, with the input files."""
    path = os.path.join(self.folder, re.sub(r'\W+', '-', name), kind)
    os.makedirs(path)
    for file, data in INPUTS.items():
      with open(os.path.join(path, file), 'wb') as out:
        out.write(data.replace(b'{http}', self.places['http'].encode()))
    return path

  def see(self, run, folder):
    """All that a user sees, as bytes."""
    seen = [b'exit %d\n' % run.code if run.code is not None else b'no end in time\n',
            b'--- standard output\n', run.out, b'\n--- standard error\n', run.err]
    for path, _, names in sorted(os.walk(folder)):
      for name in sorted(names):
        full = os.path.join(path, name)
        if full.endswith('.git/index'):
          continue  # has the inodes of the files
        with open(full, 'rb') as file:
          data = file.read()
        if name not in INPUTS or data != INPUTS[name]:
          stamp = b' of %d' % os.stat(full).st_mtime if os.stat(full).st_mtime < 1.75e9 else b''
          seen.append(b'\n--- file %s%s\n%s' % (os.path.relpath(full, folder).encode(), stamp, data))
    return b''.join(seen)

  def differ(self, name, one, other, names, live=False):
    for pattern, change, made, _ in EXCEPTIONS:
      if re.fullmatch(pattern, name):
        one, other = (re.sub(change, made, text) for text in (one, other))
    for change, made, _ in LIVE_ONLY if live else ():
      one, other = (re.sub(change, made, text) for text in (one, other))
    if one == other:
      return ''
    lines = [[line.decode('utf-8', 'backslashreplace')[:300] for line in text.split(b'\n')]
             for text in (one, other)]
    return '\n'.join(difflib.unified_diff(*lines, *names, lineterm='', n=2)) or 'in the bytes'

  def run(self, name, kind, before, command, prepare=None):
    folder = self.work(name, kind)
    if prepare:
      prepare(folder)
    run = Run([*before, *command], self.env, cwd=folder)
    return run, self.see(run, folder)

  def compare(self, name, command, prepare=None):
    """The three runs of a command; what differed, as two texts."""
    cassette = os.path.join(self.folder, re.sub(r'\W+', '-', name) + '.yaml')
    record = [self.tapedeck, 'record', '-q', '--keep-broken', '-o', cassette, '--']
    for attempt in range(ATTEMPTS):
      if attempt and os.path.exists(cassette):
        os.unlink(cassette)
      live, seen = self.run(name, f'live{attempt}', [], command, prepare)
      recorded, same = self.run(name, f'recorded{attempt}', record, command, prepare)
      said = re.sub(rb'(?m)^tapedeck: (not recorded, |recorded with).*\n', b'', same)
      apart = self.differ(name, seen, said, ('live', 'recorded'), live=True)
      if not apart:
        break
    if re.fullmatch(NOTHING_TO_PLAY, name):
      if os.path.exists(cassette):
        apart += 'something was recorded'
      return apart and recorded.story() + apart, None
    if re.fullmatch(PART_OF_A_REQUEST, name):
      if b'recorded with a part of its request' not in recorded.err:
        apart += 'and not told'
      return apart and recorded.story() + apart, None
    if re.fullmatch(BROKEN, name) and not self.breaks_off:
      return apart and recorded.story() + apart, None
    replay = [*self.offline, self.tapedeck, 'replay', '-q', cassette, '--']
    tape, seen = self.run(name, 'tape', replay, command, prepare)
    return (apart and recorded.story() + apart,
            self.differ(name, same, seen, ('recorded', 'tape')))

  def report(self, program, name, results):
    recorded, taped = results
    self.tap.result(not recorded, f'{program}, {name}: recorded as live', recorded)
    if taped is not None:
      self.tap.result(not taped, f'{program}, {name}: replayed as recorded', taped)

  def test_curl(self, wanted):
    cases = [(name, ['curl', '-sS', *self.fill(arguments)]) for name, arguments in CURL
             if not wanted or any(pattern.fullmatch(name) for pattern in wanted)]
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
      results = list(pool.map(lambda case: self.compare(*case), cases))
    for (name, _), result in zip(cases, results):
      self.report('curl', name, result)

  # git: another libcurl (GnuTLS), gzipped and chunked requests, packs

  def git(self, *arguments, folder=None):
    run = Run(['git', *arguments], self.env, cwd=folder)
    if run.code:
      raise RuntimeError(run.story())

  def make_repository(self, path):
    """The same commits each time, and many branches."""
    who = b'committer Ada <ada@a.test> 1700000000 +0000\n'
    stream = b''
    for number in range(40):
      data = bytes((i * i * number) >> 3 & 0xff for i in range(2000))
      stream += b'commit refs/heads/main\nmark :%d\n%sdata 6\ncommit\n' % (number + 1, who)
      stream += b'M 644 inline file\ndata %d\n%s\n' % (len(data), data)
      stream += b'reset refs/heads/branch-%d\nfrom :%d\n\n' % (number, number + 1)
    self.git('init', '-q', '--bare', '-b', 'main', path)
    Run(['git', 'fast-import', '--quiet'], self.env, data=stream, cwd=path)
    self.git('config', 'http.receivepack', 'true', folder=path)

  def test_git(self, wanted):
    self.env.update({'GIT_CONFIG_NOSYSTEM': '1', 'GIT_TERMINAL_PROMPT': '0', 'GIT_CONFIG_COUNT': '2',
                     'GIT_CONFIG_KEY_0': 'pack.threads', 'GIT_CONFIG_VALUE_0': '1',
                     'GIT_CONFIG_KEY_1': 'safe.directory', 'GIT_CONFIG_VALUE_1': '*',
                     'GIT_AUTHOR_NAME': 'Ada', 'GIT_AUTHOR_EMAIL': 'ada@a.test',
                     'GIT_COMMITTER_NAME': 'Ada', 'GIT_COMMITTER_EMAIL': 'ada@a.test',
                     'GIT_AUTHOR_DATE': '2023-11-14T22:13:20Z',
                     'GIT_COMMITTER_DATE': '2023-11-14T22:13:20Z',
                     'GIT_SSL_CAINFO': self.places['ca']})
    root = os.path.join(self.folder, 'server', 'git')
    source, work = (os.path.join(self.folder, name) for name in ('source', 'work'))
    self.make_repository(source)
    self.git('clone', '-q', source, work)
    with open(os.path.join(work, 'large'), 'wb') as file:
      file.write(bytes((i * i * i) >> 5 & 0xff for i in range(60000)))
    self.git('add', 'large', folder=work)
    self.git('commit', '-qm', 'a large one', folder=work)

    def serve(folder):
      shutil.rmtree(root, ignore_errors=True)
      shutil.copytree(source, os.path.join(root, 'repo.git'))

    def serve_and_work(folder):
      serve(folder)
      shutil.copytree(work, os.path.join(folder, 'work'))

    for name, door, arguments, prepare in (
        ('clone', 'http', 'clone {url} out', serve),
        ('clone over https', 'https', 'clone {url} out', serve),
        ('clone over http2', 'h2', 'clone {url} out', serve),
        ('clone, old protocol', 'http', '-c protocol.version=0 clone {url} out', serve),
        ('clone, not deep', 'http', 'clone --depth 2 --branch branch-7 {url} out', serve),
        ('clone of what is not there', 'http', 'clone {url}-not out', serve),
        ('remote branches', 'http', 'ls-remote {url}', serve),
        ('push', 'http', '-C work push {url} HEAD:main', serve_and_work),
        ('push in chunks', 'https', '-c http.postBuffer=1024 -C work push {url} HEAD:new',
         serve_and_work),
        ('push that is refused', 'http', '-C work push {url} HEAD~30:main', serve_and_work)):
      if wanted and not any(pattern.fullmatch('git ' + name) for pattern in wanted):
        continue
      url = self.places[door] + '/git/repo.git'
      command = ['git', *arguments.replace('{url}', url).split()]
      self.report('git', name, self.compare('git ' + name, command, prepare))

  def test_pycurl(self, wanted):
    drive = os.path.join(ROOT, 'tests/programs/drive_pycurl.py')
    env = dict(self.env, SCENARIO_CAINFO=self.places['ca'])
    self.env = env
    for mode in ('easy', 'select', 'socket'):
      for door, path in (('http', '/up/events?count=5&ms=20'), ('https', '/up/echo'),
                         ('h2', '/up/chunked')):
        name = f'pycurl {mode} {door}'
        if wanted and not any(pattern.fullmatch(name) for pattern in wanted):
          continue
        command = ['/usr/bin/python3', drive, mode, '3', self.places[door] + path, 'body.json']
        self.report('pycurl', f'{mode}, {door}', self.compare(name, command))


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--build', help='the build folder (default: build)')
  parser.add_argument('--keep', metavar='DIR', help='leave server files and cassettes in DIR')
  parser.add_argument('case', nargs='*', help='only these (a * at the end stands for all)')
  options = parser.parse_args()
  build = find_build(options.build)
  options.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')
  if not server.find_nginx():
    print('1..0 # SKIP nginx is not installed')
    return 0
  if not stock_programs_run(preloaded_by(options.tapedeck)):
    print('1..0 # SKIP stock programs do not run under this sanitizer')
    return 0
  wanted = [re.compile(re.escape(name).replace(r'\*', '.*')) for name in options.case]
  started = time.monotonic()
  with tempfile.TemporaryDirectory(prefix='record-') as folder:
    os.chmod(folder, 0o755)  # nginx gives up root's rights
    suite = Suite(options, os.path.abspath(options.keep) if options.keep else folder)
    try:
      suite.test_curl(wanted)
      if shutil.which('git'):
        suite.test_git(wanted)
      if Run(['/usr/bin/python3', '-c', 'import pycurl']).code == 0:
        suite.test_pycurl(wanted)
    finally:
      suite.close()
  suite.tap.note(f'{time.monotonic() - started:.1f} s')
  return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
