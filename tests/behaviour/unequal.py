# SPDX-License-Identifier: MIT
"""What cannot be equal, and why: the only place where the comparison looks away."""

import re

ALL = ('http', 'https', 'http2')
HTTP1 = ('http', 'https')
HTTP2 = ('http2',)

# Scenarios that make sense over some transports only.
TRANSPORTS = {
    'trailers': HTTP1,  # nginx passes no trailers on
    'close-delimited': HTTP1,  # HTTP/2 has no such thing
    'ignore-length': HTTP1,
    'chunked-undecoded': HTTP1,
    'http-versions': HTTP1,
    'odd-headers-raw': HTTP1,
    'auth-digest-upload': HTTP1,  # libcurl 7.88 hangs over HTTP/2
    'upload-chunked-trailers': HTTP1,
    'upload-large-unanswered': HTTP1,
    'url-path-as-is': HTTP1,
    'connect-only': ('http',),  # the program would have to speak HTTP/2 itself
    'handle-pinned-address': ('http',),  # the certificate is for other names
    'low-speed': ('http',),  # takes more than a second
}

# Scenarios that no tape can play.
NOT_ON_TAPE = {
    'connect-only': 'a bare connection is not HTTP: the shim refuses it',
}

# What is set for the run on tape alone.
TAPE_ENVIRONMENT = {
    # libcurl 7.88 loses a paused body when its handle is freed: live, too.
    'multi-freed-under-way': {'ASAN_OPTIONS': 'detect_leaks=0'},
    'handle-proxy': {'SCENARIO_PROXY': 'http://127.0.0.1:9', 'http_proxy': 'http://127.0.0.1:9',
                     'https_proxy': 'http://127.0.0.1:9'},
}


def plain_request(match):
  """A request head without what HTTP/2 changes: its version, the case of names, Expect."""
  start, *lines = match[2].split(r'\r\n')
  kept = [re.sub(r'^[^:]*', lambda name: name[0].lower(), line) for line in lines]
  kept = [line for line in kept if not line.startswith(('expect:', 'transfer-encoding:'))]
  return f'{match[1]}: sent "' + r'\r\n'.join([re.sub(r'HTTP/[\d.]+$', 'HTTP', start), *kept]) + '"'


# Where a request waits for a "100 Continue".
CONTINUE = ('redirect-put-rewound|auth-digest-upload|'
            'upload-(put|chunked|chunked-trailers|mime-unknown-size|large-.*|expect-on)')

# (scenario, transports, pattern, replacement, reason): applied to both texts, in
# multi-line mode.
CHANGES = [
    ('.*', HTTP2, r'^(.*): sent \d+ "(.*)"$', plain_request,
     'the wire of the tape is HTTP/1.1, and a debug callback sees the request that was sent'),
    ('.*', HTTP2, r'info REQUEST_SIZE .*', '', 'so does whoever asks for its size'),
    ('upload-.*', HTTP2, r'\(offered \d+\)', '', 'HTTP/1.1 leaves room for its chunked coding'),
    ('upload-(chunked|mime-unknown-size)', HTTP2, r'up \d+ of|SIZE_UPLOAD_T .*', '',
     'HTTP/1.1 counts its chunked coding as uploaded'),
    (CONTINUE, ALL, r'^.*: received 23 "HTTP/1\.1 100 Continue.*\n', '',
     'no cassette holds whether a server answered an expectation'),
    (CONTINUE, ALL, r'^(.*: header )23 "HTTP/1\.1 100 Continue.*\n\1.*\n', '', 'the same'),
    (CONTINUE, ALL, r'info HEADER_SIZE .*', '', 'the same'),
    ('abort-write|multi-removed', ALL, r'progress: .*|info SIZE_DOWNLOAD.*', '',
     'a program that stops early meets as much as has arrived by then'),
    ('gzip-decoded', ALL, r'progress: .*', '',
     'progress counts the bytes on the wire, where a body that was recorded decoded is longer'),
    ('trailers', ALL, r'^.*X-(Sum|Again).*\n', '',
     'a cassette keeps trailers by their names, in the order of these'),
    ('abort-header', ALL, r'info HEADER_SIZE .*', '',
     'the size of a head that was left in its middle'),
    ('times', ALL, r'^.*(handshake|local address).*\n', '',
     'there is neither TLS nor an address of our own on tape'),
    ('handle-sockets', ALL, r'^.*(opens|sets up) a socket.*\n', '',
     'no socket is opened to the server, so nobody is asked to'),
    ('cookie-.*', ALL, r"^.*cookie '.*__(Secure|Host)-prefixed.*\n|^jar: \S+\t.*__(Secure|Host)-.*\n", '',
     'over http, which the wire is, libcurl does not take cookies of these names'),
    ('cookie-.*', ALL, r'sent \d+ (?=.*[Cc]ookie: )|__(Secure|Host)-prefixed=[^;"\\]*; |'
     r'info REQUEST_SIZE .*', '', 'nor does it send them'),
    ('cookie-engine', ALL, r"^.*cookie '.*\tFALSE\t1\t\w+\t'\n", '',
     'what has expired is forgotten at once, not at the next request'),
    ('handle-network-options', ALL, r'info SSL_VERIFYRESULT .*', '', 'there is no certificate'),
    ('handle-strict-transport', ALL, r'^remembered: .*\n', '',
     'libcurl believes a Strict-Transport-Security that comes over https only'),
    ('url-handle', ALL, r"info EFFECTIVE_URL 0 '(.*)/up/echo\?a=1&b=2\+3'",
     r"info EFFECTIVE_URL 0 '\1/static/hello.txt?a=1&b=2+3'",
     'libcurl reports the URL that the handle held at its first transfer'),
]


# What a recording takes out, and so cannot give back. (pattern, replacement); the length of a line,
# or of a body, that held a secret is another one, too.
SECRETS = [
    (r'(?i)(?<= )\d+ (?="[^"\n]*(set-cookie|cookie|authorization|location): )', ''),
    (r'(?i)((?:set-cookie|\'set-cookie\' =)[: \'"]+[^=\s]+=)(?:\\"[^"]*"|[^;\\\r\n\'])*',
     r'\1(secret)'),
    (r'(?i)(?<!set-)(cookie: )(?:\\"|[^\\\n])*', r'\1(secrets)'),
    (r"(by name set-cookie: 0 '[^=]+=)[^']*", r'\1(secret)'),
    (r"(?m)^(jar: \S+\t.*\t|.*cookie '.*\t)[^\t\n]*$", r'\1(secret)'),
    (r'(?i)(authorization: basic )[^\\\s]+', r'\1(secret)'),
    (r'//[^/@\'"\s]+@', '//(secret)@'),
    (r"(?i)(content-length(?:: |' = '|: 0 '))\d+", r'\1(length)'),
    (r'(?<=write )\d+ |info (HEADER|REQUEST)_SIZE .*|info SIZE_DOWNLOAD.*|'
     r'info CONTENT_LENGTH_DOWNLOAD.*|progress: .*', ''),
]


def without_secrets(text, scenario):
  """A transcript of a program that is told secrets, or sends them and hears them said back."""
  if re.fullmatch('cookie-.*|redirect-credentials|redirect-user-in-location', scenario):
    for pattern, replacement in SECRETS:
      text = re.sub(pattern, replacement, text)
  return text


def transports(scenario):
  return TRANSPORTS.get(scenario, ALL)


def not_on_tape(scenario):
  return NOT_ON_TAPE.get(scenario)


def tape_environment(scenario):
  return TAPE_ENVIRONMENT.get(scenario, {})


def equalise(text, scenario, transport):
  """The lines of a transcript without what cannot be equal."""
  for name, where, pattern, replacement, _ in CHANGES:
    if re.fullmatch(name, scenario) and transport in where:
      text = re.sub(pattern, replacement, text, flags=re.MULTILINE)
  return text.splitlines()
