#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""tapedeck scrub: every rule in every form is found and gone, what is no secret stays, nothing else
changes; its formats, its baseline, its exit codes, and the hook of docs/ in a real repository.

  tests/behaviour/run_scrub.py [--build BUILD]
"""
import argparse
import base64
import glob
import gzip
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse

import yaml

Loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)

import made_up as m
from tap import ROOT, Run, Tap, clean_environment, find_build

TEXT, JSON, SSE = 'text/plain', 'application/json', 'text/event-stream'
AWS = 'application/vnd.amazon.eventstream'
FORM, MULTI = 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=XbX'


# ---- cassettes ----

def load(text):
  return yaml.load(text, Loader=Loader)


def interaction(url='https://api.example/v1/chat', request=(JSON, '{"q":1}'),
                response=(JSON, '{"a":1}'), request_headers=(), response_headers=()):
  side = lambda message, headers: {
      'content_length': len(message[1] if isinstance(message[1], bytes) else message[1].encode()),
      'body': message[1],
      'headers': {'Content-Type': [message[0]], **{k: [v] for k, v in headers}}}
  return {'request': {**side(request, request_headers), 'url': url, 'method': 'POST'},
          'response': {**side(response, response_headers), 'status': '200 OK', 'code': 200}}


def go_scalar(text, indent):
  """As Go's emitter has it, nearly."""
  pad = ' ' * indent
  if isinstance(text, bytes):
    return '!!binary ' + base64.b64encode(text).decode()
  if text == '':
    return '""'
  if '\n' in text and not re.search('[\r\x00-\x08]| \n', text) and not text.startswith((' ', '\n')):
    lines = text.split('\n')
    keep = '+' if text.endswith('\n\n') else '' if text.endswith('\n') else '-'
    if lines[-1] == '':
      lines.pop()
    return '|' + keep + '\n' + '\n'.join(pad + line if line else '' for line in lines)
  if re.search('[\r\n\t\x00-\x1f]', text):
    return json.dumps(text)
  return "'" + text.replace("'", "''") + "'"


def go_dump(interactions):
  out = '---\nversion: 2\ninteractions:\n'
  for i, one in enumerate(interactions):
    out += f'- id: {i}\n'
    for side in ('request', 'response'):
      out += f'  {side}:\n'
      for key, value in one[side].items():
        if key == 'headers':
          out += '    headers:\n'
          for name, values in value.items():
            out += f'      {name}:\n' + ''.join(f'      - {go_scalar(v, 8)}\n' for v in values)
        elif isinstance(value, int):
          out += f'    {key}: {value}\n'
        else:
          out += f'    {key}: {go_scalar(value, 6)}\n'
  return out


def python_dump(interactions):
  return yaml.safe_dump({'version': 2, 'interactions': [{'id': i, **one}
                                                        for i, one in enumerate(interactions)]},
                        allow_unicode=True)


class Files:
  """Cassettes in a folder of their own, and the command."""

  def __init__(self, build):
    self.tapedeck = os.path.join(build, 'cli/tapedeck')
    self.folder = tempfile.mkdtemp(prefix='tapedeck-scrub-')

  def path(self, name):
    return os.path.join(self.folder, name)

  def write(self, name, text):
    with open(self.path(name), 'w', newline='') as f:
      f.write(text)
    return self.path(name)

  def read(self, name):
    with open(self.path(name), newline='') as f:
      return f.read()

  def run(self, *arguments, env=None, cwd=None, data=None):
    return Run([self.tapedeck, 'scrub', *arguments], env=clean_environment(**(env or {})), cwd=cwd,
               data=data, timeout=120)

  def findings(self, *arguments, env=None):
    run = self.run('--check', '--format', 'json', *arguments, env=env)
    return json.loads(run.out)['findings'] if run.code in (0, 1) else None


# ---- forms ----

def forms(before, secret, behind):
  """(name, interaction) for each form in which a text can hold a secret."""
  text = before + secret + behind
  blob = lambda pad: base64.b64encode((':' * pad + text).encode()).decode()
  body = lambda kind, value: {'request': (kind, value)}
  answer = lambda kind, value: {'response': (kind, value)}
  yield 'text', body(TEXT, f'so {text} it is')
  yield 'json', body(JSON, '{"messages":[{"role":"user","content":%s}]}' % m.json_text('is ' + text))
  yield 'json escaped', answer(JSON, '{"a":%s}' % m.escaped_json(' ' + text))
  yield 'json in json', answer(JSON, '{"arguments":%s}' % m.json_text('{"x":%s}' % m.json_text(text)))
  yield 'form', body(FORM, 'a=1&note=' + m.quote(text) + '&z=2')
  yield 'form encoded', body(FORM, 'a=1&note=' + m.percent_all(text))
  yield 'multipart', body(MULTI, m.multipart(text))
  yield 'base64 0', answer(JSON, '{"data":"%s"}' % blob(0))
  yield 'base64 1', answer(JSON, '{"data":"%s"}' % blob(1))
  yield 'base64 2', answer(JSON, '{"data":"%s"}' % blob(2))
  yield 'base64url', body(JSON, '{"data":"%s"}' % blob(1).replace('+', '-').replace('/', '_').rstrip('='))
  yield 'gzip', body(JSON, m.gzipped('{"a":%s}' % m.json_text(text)))
  yield 'event', answer(SSE, m.events([text]))
  yield 'cut in two', answer(SSE, m.events([before, secret[:len(secret) // 2], secret[len(secret) // 2:]],
                                           'x ', behind + ' '))
  yield 'cut small', answer(SSE, m.events(m.cut(text, 1)))
  yield 'cut responses', answer(SSE, m.responses_events(m.cut(text + ' ', 5)))
  yield 'cut anthropic', answer(SSE, m.anthropic_events(m.cut('{"x":%s}' % m.json_text(text), 7)))
  yield 'cut converse', answer(AWS, m.converse_frames(m.cut(text + ' ', 6)))
  yield 'cut invoke', answer(AWS, m.invoke_frames(m.cut(text + ' ', 4)))
  yield 'header', {'request_headers': [('X-Note', 'so ' + text.replace('\n', ' '))]}
  yield 'answer header', {'response_headers': [('X-Note', text.replace('\n', ' '))]}
  yield 'url', {'url': 'https://api.example/v1?q=' + m.quote(text)}
  yield 'location', {'response_headers': [('Location', 'https://h.example/x?q=' + m.quote(text))]}


ANCHORLESS = ('azure-ad-secret',)  # two characters say too little inside base64

def has_form(rule, phrase, name):
  if name.startswith('base64') and (rule in ANCHORLESS or phrase):
    return False
  return True


def shows(secret, value, depth=0):
  """Whether a value holds the secret in any encoding that a person would think of."""
  if isinstance(value, bytes):
    if value[:2] == b'\x1f\x8b':
      return shows(secret, gzip.decompress(value), depth + 1)
    if value[:2] == b'\0\0':
      events = [p.decode() for p in m.frames(value)]
      inner = [base64.b64decode(json.loads(e)['bytes']).decode() for e in events if '"bytes"' in e]
      return any(shows(secret, ''.join(f'data: {e}\n' for e in l), depth + 1) for l in (events, inner))
    value = value.decode('utf-8', 'surrogateescape')
  needle = secret.replace('\n', ' ')
  if secret in value or needle in value:
    return True
  if depth > 3:
    return False
  others = [urllib.parse.unquote(value)]
  if '\\' in value:
    others.append(re.sub(r'\\u([0-9a-f]{4})', lambda x: chr(int(x[1], 16)), value)
                  .replace('\\n', '\n').replace('\\"', '"').replace('\\\\', '\\'))
  for run in re.findall(r'[A-Za-z0-9+/_-]{20,}', value):
    for phase in range(4):
      part = run[phase:].replace('-', '+').replace('_', '/')
      part = part[:len(part) // 4 * 4]
      if base64.b64decode(part).find(secret.encode()) >= 0:
        return True
  pieces = {}
  for line in value.split('\n'):
    if line.startswith('data: {'):
      try:
        collect(json.loads(line[6:]), '', pieces)
      except ValueError:
        pass
  others += pieces.values()
  return any(shows(secret, other, depth + 1) for other in others if other != value)


def collect(value, path, pieces):
  if isinstance(value, dict):
    path += '/%s' % value.get('index', '')
    for key, member in value.items():
      collect(member, path + '/' + key, pieces)
  elif isinstance(value, list):
    for member in value:
      collect(member, path, pieces)
  elif isinstance(value, str):
    pieces[path] = pieces.get(path, '') + value


def leaves(value, path=()):
  if isinstance(value, dict):
    for key, member in value.items():
      yield from leaves(member, path + (key,))
  elif isinstance(value, list):
    for i, member in enumerate(value):
      yield from leaves(member, path + (i,))
  else:
    yield path, value


def changed_leaves(before, after):
  a, b = dict(leaves(before)), dict(leaves(after))
  return [path for path in sorted(set(a) | set(b), key=str) if a.get(path) != b.get(path)]


def lengths_follow(document):
  for one in document['interactions']:
    for side in ('request', 'response'):
      body = one[side]['body']
      if one[side]['content_length'] != len(body if isinstance(body, bytes) else body.encode()):
        return False
  return True


# ---- tests ----

def plant():
  """(rule, form, interaction, secret) for all rules and forms."""
  corpus = []
  for rule, secret in m.secrets():
    corpus += [(rule, name, parts, secret) for name, parts in forms('', secret, '')
               if has_form(rule, False, name)]
  for rule, before, secret, behind in m.phrases():
    corpus += [(rule, name, parts, secret) for name, parts in forms(before, secret, behind)
               if has_form(rule, True, name)]
  for i, (rule, kind, name) in enumerate(m.named()):
    secret = 'plain%dword' % i
    if kind == 'header':
      for side in ('request_headers', 'response_headers'):
        corpus.append((rule, kind, {side: [(name, secret)]}, secret))
        corpus.append((rule, kind, {side: [(name, 'Bearer ' + secret)]}, secret))
    elif kind == 'cookie':
      behind = '; Path=/' if name == 'Set-Cookie' else ''
      corpus.append((rule, kind, {'request_headers': [(name, f'a={secret}{behind}')]}, secret))
    elif kind == 'query':
      corpus.append((rule, kind, {'url': f'https://api.example/v1?a=1&{name}={secret}#x'}, secret))
      corpus.append((rule, kind, {'response_headers': [('Location', f'/v1?{name}={secret}')]}, secret))
    else:
      corpus.append((rule, kind, {'request': (JSON, '{"%s":"%s","x":1}' % (name, secret))}, secret))
      corpus.append((rule, kind, {'response': (JSON, '{"x":%s}' % m.json_text(
          '{"%s": "%s"}' % (name, secret)))}, secret))
      corpus.append((rule, kind, {'request': (FORM, f'a=1&{name}={secret}')}, secret))
      corpus.append((rule, kind, {'request': (MULTI, m.multipart('x').replace(
          'name="file"; filename="a.txt"', f'name="{name}"').replace('begin x end', secret))}, secret))
  corpus.append(('url-userinfo', 'url', {'url': 'https://me:plainword@api.example/v1'}, 'plainword'))
  return corpus


def test_corpus(tap, files, totals):
  corpus = plant()
  for layout, dump in (('go', go_dump), ('python', python_dump)):
    name = f'corpus-{layout}.yaml'
    before = dump([interaction(**parts) for _, _, parts, _ in corpus])
    files.write(name, before)
    found = files.findings(files.path(name))
    by_id = {}
    for finding in found or []:
      by_id.setdefault(finding.get('interaction'), []).append(finding)
    missed, wrong = [], []
    for i, (rule, form, _, _) in enumerate(corpus):
      rules = [f['rule'] for f in by_id.get(i, [])]
      if rule not in rules:
        missed.append(f'{rule}, {form}: {rules}')
      if len(rules) != 1:
        wrong.append(f'{rule}, {form}: {rules}')
    totals['planted'] += len(corpus)
    totals['recalled'] += len(corpus) - len(missed)
    totals['found'] += len(found or [])
    totals['right'] += min(len(found or []), len(corpus))
    tap.result(found is not None and not missed, f'{layout}: all {len(corpus)} are found, by their rule',
               '\n'.join(missed[:40]))
    tap.result(not wrong, f'{layout}: each once', '\n'.join(wrong[:40]))
    run = files.run(files.path(name))
    after = files.read(name)
    tap.result(run.code == 0 and str(len(corpus)).encode() in run.out, f'{layout}: scrubbed', run.story())
    a, b = load(before), load(after)
    left = [f'{rule}, {form}' for i, (rule, form, _, secret) in enumerate(corpus)
            if any(shows(secret, v) for _, v in leaves(b['interactions'][i]) if isinstance(v, (str, bytes)))]
    tap.result(not left, f'{layout}: no secret is left in any encoding', '\n'.join(left[:40]))
    odd = []
    for i, (rule, form, parts, _) in enumerate(corpus):
      paths = [p for p in changed_leaves(a['interactions'][i], b['interactions'][i])
               if p[-1] not in ('content_length',)]
      if len(paths) != 1:
        odd.append(f'{rule}, {form}: {paths}')
    tap.result(not odd, f'{layout}: one value of each changed', '\n'.join(odd[:40]))
    tap.result(lengths_follow(b), f'{layout}: content_length follows')
    secrets = {secret for _, _, _, secret in corpus}
    tap.result(not any(s.encode() in run.out for s in secrets), f'{layout}: no secret is shown')
    again = files.run(files.path(name))
    tap.result(again.code == 0 and files.read(name) == after, f'{layout}: scrubbing again changes nothing',
               again.story())
    tap.result(files.run('--check', files.path(name)).code == 0, f'{layout}: and nothing is found')


def test_lookalikes(tap, files, totals):
  looks = m.lookalikes()
  parts = []
  for text in looks:
    flat = text.replace('\n', ' ')
    parts += [interaction(request=(TEXT, text)), interaction(request=(JSON, '{"a":%s}' % m.json_text(text))),
              interaction(response=(SSE, m.events([text]))),
              interaction(response=(SSE, m.events(m.cut(text[:300], 3)))),
              interaction(response=(SSE, m.anthropic_events(m.cut(text[:300], 3)))),
              interaction(request=(FORM, 'note=' + m.quote(text))),
              interaction(request=(MULTI, m.multipart(text))),
              interaction(request_headers=[('X-Note', flat)])]
  for dump in (go_dump, python_dump):
    text = dump(parts)
    files.write('looks.yaml', text)
    found = files.findings(files.path('looks.yaml'))
    totals['found'] += 1 if found is None else len(found)
    tap.result(found == [], f'{len(parts)} lookalikes: none is found',
               '\n'.join(f'{f["rule"]}: {looks[f["interaction"] // 8]!r} in {f["part"]}'[:200] for f in found or []))
    run = files.run(files.path('looks.yaml'))
    tap.result(run.code == 0 and files.read('looks.yaml') == text, 'and none touched', run.story())


def test_seeds(tap, files):
  paths = sorted(glob.glob(os.path.join(ROOT, 'testdata/seeds/*.yaml')) +
                 glob.glob(os.path.join(ROOT, 'testdata/dialects/*.yaml')))
  run = files.run('--check', *paths)
  tap.result(run.code == 0, 'nothing is found in the seeds and dialects', run.text())


def test_environment(tap, files):
  value = 'Tr0ub"dor&3/x+y=z%4\\q'
  env = {'MY_OWN_API_KEY': value, 'SOME_TOKEN': 'off', 'OTHER_SECRET': 'disabled', 'PLAIN': 'not-a-secret-1'}
  corpus = [(name, interaction(**parts)) for name, parts in forms('', value, '')]
  files.write('env.yaml', go_dump([one for _, one in corpus]))
  found = files.findings(files.path('env.yaml'), env=env) or []
  missed = [name for i, (name, _) in enumerate(corpus)
            if [f['rule'] for f in found if f['interaction'] == i] != ['environment']]
  tap.result(not missed, 'the value of a variable is found in every form', '\n'.join(missed))
  tap.result(all(f['variable'] == 'MY_OWN_API_KEY' for f in found), 'and told by its name')
  tap.result(files.findings(files.path('env.yaml'), env={'PATH': os.environ['PATH']}) == [],
             'without the variable nothing is')
  run = files.run(files.path('env.yaml'), env=env)
  after = load(files.read('env.yaml'))
  left = [name for i, (name, _) in enumerate(corpus)
          if any(shows(value, v) for _, v in leaves(after['interactions'][i]) if isinstance(v, (str, bytes)))]
  tap.result(run.code == 0 and not left, 'and gone from all of them', '\n'.join(left))
  files.write('one.yaml', go_dump([interaction(request=(TEXT, 'say not-a-secret-1 again'))]))
  found = files.findings('--secret-env', 'PLAIN', files.path('one.yaml'), env=env)
  tap.result(len(found or []) == 1, '--secret-env names another variable')
  run = files.run('--check', '--secret-env', 'NO_SUCH', files.path('one.yaml'))
  tap.result(run.code == 0 and b"no variable 'NO_SUCH'" in run.err, 'a variable that is not there is said')
  run = files.run('--check', '--secret-env', 'TINY', files.path('one.yaml'), env={'TINY': 'a'})
  tap.result(run.code == 2 and b'too short' in run.err, 'one that is too short is an error', run.story())


def test_places(tap, files):
  key = m.secrets()[0][1]
  text = go_dump([interaction(response=(SSE, m.events(['one', f'two {key}'])))])
  files.write('place.yaml', text)
  found = files.findings(files.path('place.yaml'))
  lines = text.split('\n')
  line = next(i for i, l in enumerate(lines) if key in l)
  want = (line + 1, lines[line].index(key) + 1)
  tap.result([(f['line'], f['column']) for f in found] == [want], 'line and column are those of the secret',
             f'{found} {want}')
  text = ('version: 2\n# a key ' + key + '\nnote: ' + key + '\ninteractions:\n- id: 0\n  request:\n'
          '    body: "x\\u00e9\\n' + key + '"\n    url: https://h.example/\n  response:\n    body: \'it\'\'s ' +
          key + "'\n    code: 200\n")
  files.write('place.yaml', text)
  found = files.findings(files.path('place.yaml'))
  lines = text.split('\n')
  want = sorted((i + 1, l.index(key) + 1) for i, l in enumerate(lines) if key in l)
  tap.result([(f['line'], f['column']) for f in found] == want,
             'in quoted texts, comments and unknown keys too', f'{found} {want}')
  run = files.run(files.path('place.yaml'))
  after = files.read('place.yaml')
  document = load(after)
  tap.result(run.code == 0 and key not in after and
             document['note'] == '[REDACTED:openai-project-key]', 'and scrubbed there', run.story() + after)


def test_shape(tap, files):
  key = m.secrets()[0][1]
  chunks = [b'{"a":"', key.encode()[:50], key.encode()[50:] + b'"}']
  body = b''.join(chunks).decode()
  one = interaction(response=(JSON, body))
  one['response']['headers']['Content-Length'] = [str(len(body))]
  text = go_dump([one])
  text += '    tapedeck:\n      chunks: ' + ' '.join(f'{len(c)}@{i + 1}.5' for i, c in enumerate(chunks)) + '\n'
  files.write('shape.yaml', text)
  run = files.run(files.path('shape.yaml'))
  response = load(files.read('shape.yaml'))['interactions'][0]['response']
  sizes = [int(c.split('@')[0]) for c in response['tapedeck']['chunks'].split()]
  tap.result(run.code == 0 and sum(sizes) == len(response['body']) and sizes[0] == 6,
             'the recorded chunks follow', run.story() + str(response))
  tap.result(response['content_length'] == len(response['body']) and
             response['headers']['Content-Length'] == [str(len(response['body']))],
             'and the Content-Length header')


def test_rules(tap, files):
  rules = files.write('rules.yaml', 'scrub:\n  patterns:\n    ticket: "T-[0-9]{4}"\n  headers: [X-Own]\n'
                      '  query: [mine]\n  fields: [inner]\n  disable: [jwt]\n')
  jwt = next(s for r, s in m.secrets() if r == 'jwt')
  text = go_dump([interaction(url='https://h.example/?mine=abc', request=(JSON, '{"a":"T-1234","inner":"x y"}'),
                              request_headers=[('X-Own', 'abc')], response=(TEXT, jwt))])
  files.write('own.yaml', text)
  found = files.findings('--rules', rules, files.path('own.yaml')) or []
  tap.result(sorted(f['rule'] for f in found) == ['field', 'header', 'query', 'ticket'],
             'rules of a file', str(found))
  files.write('own.yaml', text.replace('version: 2\n', 'version: 2\ntapedeck:\n  scrub:\n    patterns:\n'
                                       '      own-id: "T-[0-9]+"\n'))
  found = files.findings(files.path('own.yaml')) or []
  tap.result(sorted(f['rule'] for f in found) == ['jwt', 'own-id'], 'rules of the cassette', str(found))
  for text, what in (('scrub: {patterns: {x: "("}}', b'is not closed'), ('scrub: {nope: 1}', b'no such setting'),
                     ('scrub: 1', b'a mapping of settings'),
                     ('scrub: {patterns: {x: "^a"}}', b'anchor'), ('scrub: {disable: [nope]}', b'no rule')):
    run = files.run('--check', '--rules', files.write('bad.yaml', text + '\n'), files.path('own.yaml'))
    tap.result(run.code == 2 and what in run.err and b'bad.yaml:1:' in run.err, 'told: ' + text, run.story())


def test_headers(tap, files):
  text = go_dump([interaction(request_headers=[('X-Stainless-Os', 'Linux'), ('User-Agent', 'x')],
                              response_headers=[('Server', 'x'), ('Cf-Ray', 'y')])])
  files.write('headers.yaml', text)
  run = files.run('--allow-headers', files.path('headers.yaml'))
  one = load(files.read('headers.yaml'))['interactions'][0]
  tap.result(run.code == 0 and sorted(one['request']['headers']) == ['Content-Type', 'User-Agent'] and
             sorted(one['response']['headers']) == ['Content-Type'], '--allow-headers', run.story())
  files.write('headers.yaml', text)
  files.run('--allow-headers=server,cf-ray', files.path('headers.yaml'))
  one = load(files.read('headers.yaml'))['interactions'][0]
  tap.result(sorted(one['response']['headers']) == ['Cf-Ray', 'Content-Type', 'Server'],
             '--allow-headers with names', str(one))
  cookie = 'sid=abc123; Path=/; HttpOnly; Max-Age=60'
  files.write('cookie.yaml', go_dump([interaction(response_headers=[('Set-Cookie', cookie)],
                                                  request_headers=[('Cookie', 'a=1; b=2')])]))
  files.run(files.path('cookie.yaml'))
  one = load(files.read('cookie.yaml'))['interactions'][0]
  tap.result(one['response']['headers']['Set-Cookie'] == ['sid=[REDACTED:cookie]; Path=/; HttpOnly; Max-Age=60'] and
             one['request']['headers']['Cookie'] == ['a=[REDACTED:cookie]; b=[REDACTED:cookie]'],
             'cookies keep their names and attributes', str(one))


def test_pseudonyms(tap, files):
  one, two = m.secrets(5)[0][1], m.secrets(6)[0][1]
  text = go_dump([interaction(request=(TEXT, f'{one} {two} {one}'), request_headers=[('X-Api-Key', two)])])
  files.write('names.yaml', text)
  run = files.run('--pseudonyms', files.path('names.yaml'))
  tap.result(run.code == 2 and b'TAPEDECK_SCRUB_KEY' in run.err and files.read('names.yaml') == text,
             'pseudonyms need a key', run.story())
  results = []
  for key in ('k' * 20, 'k' * 20, 'another key of mine'):
    files.write('names.yaml', text)
    files.run('--pseudonyms', files.path('names.yaml'), env={'TAPEDECK_SCRUB_KEY': key})
    results.append(files.read('names.yaml'))
  names = re.findall(r'\[REDACTED:([a-z-]+):([0-9a-f]{4})\]', results[0])
  tap.result(len(names) == 4 and names[0] == names[2] and names[0][1] != names[1][1] and
             names[1][1] == names[3][1], 'the same for the same secret', results[0])
  tap.result(results[0] == results[1] != results[2], 'and another with another key')
  files.run('--pseudonyms', files.path('names.yaml'), env={'TAPEDECK_SCRUB_KEY': 'k' * 20})
  tap.result(files.read('names.yaml') == results[2], 'pseudonyms stay when it is scrubbed again')


def test_formats(tap, files):
  key = m.secrets()[0][1]
  files.write('f.yaml', go_dump([interaction(request_headers=[('Authorization', 'Bearer ' + key)],
                                             request=(TEXT, 'x ' + key))]))
  path = files.path('f.yaml')
  before = files.read('f.yaml')
  for arguments, code in ((['--check'], 1), (['--dry-run'], 0), (['--diff'], 0), (['--check', '-q'], 1),
                          (['--check', '--format', 'github'], 1), (['--check', '--format', 'sarif'], 1),
                          (['--check', '--format', 'json'], 1)):
    run = files.run(*arguments, path)
    tap.result(run.code == code and key.encode() not in run.out + run.err and files.read('f.yaml') == before,
               ' '.join(arguments) + ': nothing changes, nothing is shown', run.story())
  run = files.run('--diff', path)
  tap.result(b'[REDACTED:openai-project-key]' in run.out and b'<%d bytes>' % len(key) in run.out,
             '--diff shows what changes', run.text())
  run = files.run('--check', '--format', 'github', path)
  tap.result(re.match(rb'::error file=.*f\.yaml,line=\d+,col=\d+,title=secret%3A ', run.out) is not None,
             'github: annotations', run.text())
  run = files.run('--check', '--format', 'sarif', path)
  problems = sarif_problems(json.loads(run.out))
  tap.result(not problems, 'sarif: as its schema has it', '\n'.join(problems))
  for arguments, code in ((['--check'], 2), (['--format', 'xml', path], 2), (['--check', '--diff', path], 2),
                          (['--nope', path], 2), (['--check', files.path('none.yaml')], 3),
                          (['-'], 2), (['--rules', files.path('none'), path], 3)):
    run = files.run(*arguments)
    tap.result(run.code == code, 'exit %d: %s' % (code, ' '.join(arguments[:2])), run.story())
  run = files.run('--check', '-', data=before.encode())
  tap.result(run.code == 1 and run.out.startswith(b'-:'), 'standard input', run.story())
  bad = files.write('bad.yaml', 'version: 2\n')
  run = files.run('--check', bad, path)
  tap.result(run.code == 3 and b'f.yaml:' in run.out, 'a file that cannot be read does not stop the others',
             run.story())
  run = files.run('--list-rules')
  tap.result(run.code == 0 and b'google-api-key' in run.out and b'gitleaks' in run.out, '--list-rules')


def sarif_problems(log):
  """What SARIF 2.1.0 wants of the parts that are used."""
  problems = []

  def want(ok, what):
    if not ok:
      problems.append(what)

  def only(value, required, optional, where):
    want(isinstance(value, dict), where + ' is an object')
    want(set(required) <= set(value), f'{where} has {required}')
    want(set(value) <= set(required) | set(optional), f'{where} has no other keys: {sorted(value)}')

  only(log, ['version', 'runs'], ['$schema'], 'log')
  want(log['version'] == '2.1.0', 'version')
  for run in log['runs']:
    only(run, ['tool', 'results'], ['columnKind'], 'run')
    want(run['columnKind'] in ('utf16CodeUnits', 'unicodeCodePoints'), 'columnKind')
    only(run['tool'], ['driver'], [], 'tool')
    only(run['tool']['driver'], ['name'], ['version', 'rules'], 'driver')
    ids = [rule['id'] for rule in run['tool']['driver']['rules']]
    want(len(ids) == len(set(ids)), 'rules are unique')
    for rule in run['tool']['driver']['rules']:
      only(rule, ['id'], ['shortDescription', 'help'], 'rule')
      for key in ('shortDescription', 'help'):
        only(rule[key], ['text'], [], key)
    for result in run['results']:
      only(result, ['message'], ['ruleId', 'level', 'locations', 'partialFingerprints'], 'result')
      only(result['message'], ['text'], [], 'message')
      want(result['ruleId'] in ids, 'the rule is known')
      want(result['level'] in ('none', 'note', 'warning', 'error'), 'level')
      want(all(isinstance(v, str) for v in result['partialFingerprints'].values()), 'fingerprints')
      for location in result['locations']:
        only(location, [], ['physicalLocation'], 'location')
        physical = location['physicalLocation']
        only(physical, ['artifactLocation'], ['region'], 'physicalLocation')
        want(re.fullmatch(r"[A-Za-z0-9\-._~/!$&'()*+,;=@%]+", physical['artifactLocation']['uri']), 'uri')
        only(physical['region'], ['startLine'], ['startColumn'], 'region')
        want(physical['region']['startLine'] >= 1 and physical['region']['startColumn'] >= 1, 'from 1')
  return problems


def test_baseline(tap, files):
  one, two = m.secrets(5)[0][1], m.secrets(6)[0][1]
  path = files.write('b.yaml', go_dump([interaction(request=(TEXT, 'x ' + one))]))
  baseline = files.path('accepted')
  run = files.run('--write-baseline', baseline, path)
  text = files.read('accepted')
  tap.result(run.code == 0 and 'openai-project-key:' in text and one not in text and one in files.read('b.yaml'),
             'a baseline is written', run.story() + text)
  tap.result(files.run('--check', '--baseline', baseline, path).code == 0, 'what it lists is accepted')
  files.write('b.yaml', '# a line more\n' + go_dump([interaction(), interaction(request=(TEXT, 'y ' + one))]))
  tap.result(files.run('--check', '--baseline', baseline, path).code == 0, 'wherever it stands')
  files.write('b.yaml', go_dump([interaction(request=(TEXT, 'x ' + two))]))
  tap.result(files.run('--check', '--baseline', baseline, path).code == 1, 'another secret is not')
  run = files.run('--check', '--baseline', files.write('none', 'not a line\n'), path)
  tap.result(run.code == 3 and b'none:1:' in run.err, 'a file that is no baseline is told', run.story())


def test_replay(tap, files):
  """Header secrets are gone, and the cassette plays to a program with another key."""
  key, other = m.secrets(5)[0][1], m.secrets(6)[0][1]
  text = go_dump([interaction(url='http://api.example/v1/chat', request=(JSON, '{"q":1}'),
                              request_headers=[('Authorization', 'Bearer ' + key)],
                              response=(SSE, m.events(m.cut(f'is {key} it', 9))),
                              response_headers=[('Set-Cookie', 'sid=abc; Path=/')])])
  path = files.write('replay.yaml', text)
  files.run(path)
  run = Run([files.tapedeck, 'replay', path, '--', 'curl', '-sS', '-i', '-H', 'Authorization: Bearer ' + other,
             '-H', 'Content-Type: application/json', '-d', '{"q":1}', 'http://api.example/v1/chat'])
  tap.result(run.code == 0 and b'[REDACTED:openai-project-key]' in run.out and key.encode() not in run.out and
             b'Set-Cookie: sid=[REDACTED:cookie]; Path=/' in run.out, 'it plays to another key', run.story() + run.text())


def test_replay_body(tap, files):
  """Recorded with one key in the URL, a form, JSON and text; played to another one."""
  key, other = m.secrets(5)[11][1], m.secrets(6)[11][1]
  bodies = [(JSON, '{"api_key":"%s","q":1}'), (JSON, '{"q":"use %s now"}'), (FORM, 'a=1&access_token=%s&b=2'),
            (TEXT, 'use %s now')]
  url = 'http://api.example/v1/x?key=%s&n='
  files.write('other.yaml', go_dump([interaction(url=url % key + str(i), request=(kind, body % key),
                                                 response=(TEXT, f'answer {i}'))
                                     for i, (kind, body) in enumerate(bodies)]))
  path = files.path('other.yaml')
  files.run(path)
  tap.result(key not in files.read('other.yaml'), 'keys in URLs and bodies are gone')
  for i, (kind, body) in enumerate(bodies):
    run = Run([files.tapedeck, 'replay', '-q', path, '--', 'curl', '-sS', '-H', 'Content-Type: ' + kind,
               '--data-binary', body % other, url % other + str(i)])
    tap.result(run.out == f'answer {i}'.encode(), f'another key plays: {body}', run.story())


def test_hook(tap, files):
  """The hook of docs/scrubbing.md, in a real repository."""
  if not shutil.which('git'):
    tap.skip('the pre-commit hook', 'no git')
    return
  with open(os.path.join(ROOT, 'docs/scrubbing.md')) as f:
    hook = re.search(r'```sh\n(#!/bin/sh\n# \.git/hooks/pre-commit.*?)```', f.read(), re.S)[1]
  folder = files.path('repository')
  os.makedirs(folder + '/testdata')
  env = clean_environment(PATH=os.path.dirname(files.tapedeck) + ':' + os.environ['PATH'], HOME=files.folder,
                          GIT_CONFIG_NOSYSTEM='1', GIT_AUTHOR_NAME='a', GIT_AUTHOR_EMAIL='a@b.example',
                          GIT_COMMITTER_NAME='a', GIT_COMMITTER_EMAIL='a@b.example')
  git = lambda *a: Run(['git', *a], env=env, cwd=folder)
  git('init', '-q')
  with open(folder + '/.git/hooks/pre-commit', 'w') as f:
    f.write(hook)
  os.chmod(folder + '/.git/hooks/pre-commit', 0o755)
  key = m.secrets()[0][1]
  path = folder + '/testdata/a b.yaml'
  with open(path, 'w') as f:
    f.write(go_dump([interaction(request=(TEXT, 'x ' + key))]))
  git('add', '.')
  run = git('commit', '-q', '-m', 'one')
  tap.result(run.code != 0 and b'openai-project-key' in run.out + run.err and key.encode() not in run.out + run.err,
             'the hook stops a commit with a secret', run.story() + run.text())
  files.run(path)
  run = git('commit', '-q', '-m', 'one')
  tap.result(run.code != 0, 'as long as what is staged has it', run.story())
  git('add', '.')
  run = git('commit', '-q', '-m', 'one')
  tap.result(run.code == 0, 'and lets it pass once it is scrubbed', run.story())


def main():
  parser = argparse.ArgumentParser()
  parser.add_argument('--build')
  build = find_build(parser.parse_args().build)
  tap, files = Tap(), Files(build)
  totals = {'planted': 0, 'recalled': 0, 'found': 0, 'right': 0}
  try:
    test_corpus(tap, files, totals)
    test_lookalikes(tap, files, totals)
    recall = totals['recalled'] / totals['planted']
    precision = totals['right'] / totals['found'] if totals['found'] else 0
    tap.note(f'recall {recall:.4f}, precision {precision:.4f} ({totals})')
    tap.result(recall == 1 and precision == 1, 'recall and precision are 1')
    test_seeds(tap, files)
    test_environment(tap, files)
    test_places(tap, files)
    test_shape(tap, files)
    test_rules(tap, files)
    test_headers(tap, files)
    test_pseudonyms(tap, files)
    test_formats(tap, files)
    test_baseline(tap, files)
    test_replay(tap, files)
    test_replay_body(tap, files)
    test_hook(tap, files)
  finally:
    shutil.rmtree(files.folder, ignore_errors=True)
  return tap.finish()


sys.exit(main())
