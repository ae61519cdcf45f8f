#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""What `tapedeck show` tells of conversations and of time. Prints TAP."""

import argparse
import base64
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata
import zlib

from tap import ROOT, Run, Tap, clean_environment, find_build

SEEDS = os.path.join(ROOT, 'testdata', 'seeds')

# What the seeds say: name, id, and lines that must stand in the conversation.
SAID = [
  ('openai-chat-hello', 0, [
    'system     You are a helpful assistant', 'user       Say hi in Portuguese',
    'assistant  Olá!', 'finish     stop', 'tokens     20 in, 2 out, 22 in all']),
  ('openai-chat-weather-tool', 0, [
    "user       What's the weather in Florence,Italy?",
    'tools      weather: Get weather information for a location',
    'assistant  [call] weather {"location":"Florence, Italy"}  (call_9W0PDPMmK2SHo8Ph5qmngr60)',
    'finish     tool_calls', 'tokens     61 in, 16 out, 77 in all']),
  ('openai-chat-weather-tool', 1, [
    'tool       [result] 40 C  (call_9W0PDPMmK2SHo8Ph5qmngr60)',
    'assistant  The current temperature in Florence, Italy is 40°C.',
    'finish     stop', 'tokens     86 in, 13 out, 99 in all']),
  ('openai-chat-parallel-tools', 0, [
    'user       Add and multiply the number 2 and 3',
    'assistant  [call] add {"a": 2, "b": 3}  (call_4ifjNdHz0FdUYGSOEoJhug4a)',
    '           [call] multiply {"a": 2, "b": 3}  (call_sXf7ZGvQxWZWcqH7dp0F1Fd6)',
    'finish     tool_calls']),
  ('openai-chat-parallel-tools', 1, [
    'tool       [result] 5  (call_4ifjNdHz0FdUYGSOEoJhug4a)',
    'assistant  The sum of 2 and 3 is 5, and the product of 2 and 3 is 6.', 'finish     stop']),
  ('openai-responses-weather-tool', 0, [
    'developer  You are a helpful assistant', "user       What's the weather in Florence,Italy?",
    'assistant  [call] weather {"location":"Florence, Italy"}  (call_UszlYsP9zWWt4KA9WuQwyxdm)',
    'finish     completed', 'tokens     60 in, 150 out, 210 in all, 128 for reasoning']),
  ('openai-responses-weather-tool', 1, [
    'assistant  The current temperature in Florence, Italy is 40°C.', 'finish     completed']),
  ('llama-cpp-reasoning-weather-tool', 0, [
    "user       What's the weather in Florence, Italy?",
    'assistant  [reasoning] We need to call function \'weather\' with location "Florence, Italy".',
    '           [call] weather {"location":"Florence, Italy"}  (1wNpqrejg1FCTjf6xq8JRCGKgWZO74AL)',
    'finish     tool_calls']),
  ('llama-cpp-reasoning-weather-tool', 1, [
    'assistant  The current weather in Florence, Italy is **40 °C**.', 'finish     stop']),
]


def quote(text):
  """A YAML string, in ASCII."""
  escape = lambda c: f'\\U{ord(c[0]):08x}'
  return '"' + re.sub(r'[^ !#-\[\]-~]', escape, text) + '"'


def cassette(url, request, response, kind='text/event-stream', code=200, more=''):
  """One interaction; the response's body is text, or bytes."""
  if isinstance(response, bytes):
    response = '!!binary ' + base64.b64encode(response).decode()
  else:
    response = quote(response)
  return f"""---
version: 2
interactions:
- id: 0
  request:
    body: {quote(request if isinstance(request, str) else json.dumps(request))}
    url: {quote(url)}
    method: POST
  response:
    body: {response}
    headers:
      Content-Type:
      - {quote(kind)}
    status: 200 OK
    code: {code}
    duration: 500ms
{more}""".encode()


def frame(headers, payload):
  """An AWS event stream frame, as its specification says and no code of ours."""
  head = b''
  for name, value in headers.items():
    head += struct.pack('>B', len(name)) + name.encode()
    head += b'\x07' + struct.pack('>H', len(value)) + value.encode()
  prelude = struct.pack('>II', 16 + len(head) + len(payload), len(head))
  prelude += struct.pack('>I', zlib.crc32(prelude))
  message = prelude + head + payload
  return message + struct.pack('>I', zlib.crc32(message))


def event(name, data):
  return frame({':event-type': name, ':content-type': 'application/json',
                ':message-type': 'event'}, json.dumps(data).encode())


def sse(*events):
  return ''.join(f'data: {e if isinstance(e, str) else json.dumps(e)}\n\n' for e in events)


def delta(**said):
  return {'model': 'm', 'choices': [{'index': 0, 'delta': said}]}


CHAT = 'https://a.test/v1/chat/completions'
ASKED = {'model': 'm', 'messages': [{'role': 'user', 'content': 'hi'}]}


class Suite:
  def __init__(self, build, folder):
    self.tap, self.folder = Tap(), folder
    self.tapedeck = os.path.join(os.path.abspath(build), 'cli', 'tapedeck')

  def write(self, data):
    path = os.path.join(self.folder, 'a.yaml')
    with open(path, 'wb') as f:
      f.write(data)
    return path

  def show(self, *arguments):
    return Run([self.tapedeck, 'show', *arguments])

  def lines(self, data):
    return self.show('--conversation', self.write(data)).text().splitlines()

  def json(self, data):
    run = self.show('--format', 'json', self.write(data))
    return json.loads(run.out)['interactions'][0]

  def same(self, got, wanted, name):
    self.tap.result(got == wanted, name, f'got    {got!r}\nwanted {wanted!r}')

  def on_terminal(self, width, *arguments, **environment):
    """What a terminal of this width is sent."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack('HHHH', 24, width, 0, 0))
    env = clean_environment(TERM='xterm', **environment)
    with subprocess.Popen([self.tapedeck, 'show', *arguments], stdin=subprocess.DEVNULL,
                          stdout=theirs, stderr=theirs, env=env) as process:
      os.close(theirs)
      out = b''
      while True:
        try:
          data = os.read(ours, 65536)
        except OSError:
          break
        if not data:
          break
        out += data
      process.wait(30)
    os.close(ours)
    return out.decode('utf-8', 'backslashreplace').replace('\r\n', '\n')

  # The seeds

  def test_seeds(self):
    for name, number, wanted in SAID:
      run = self.show('--conversation', f'{SEEDS}/{name}.yaml#{number}')
      missing = [line for line in wanted if line not in run.text().splitlines()]
      self.tap.result(run.code == 0 and not missing and 'incomplete' not in run.text(),
                      f'{name}#{number} says what was said', f'{missing}\n{run.text()}')
      whole = self.show(f'{SEEDS}/{name}.yaml#{number}').text()
      self.tap.result(whole.startswith(run.text()) and 'Content-Type: text/event-stream' in whole,
                      f'{name}#{number} whole: the conversation, then headers and bodies', whole)
    listing = self.show(f'{SEEDS}/openai-chat-weather-tool.yaml').text().splitlines()
    self.tap.result('   model     gpt-4o-2024-08-06 (openai-chat), tool_calls, 61 tokens in, 16 out'
                    in listing and len(listing) == 9, 'the list names model, end and tokens',
                    '\n'.join(listing))

  def test_json(self):
    run = self.show('--format', 'json', f'{SEEDS}/openai-chat-weather-tool.yaml')
    told = json.loads(run.out)
    self.same([i['id'] for i in told['interactions']], [0, 1], 'JSON has every interaction')
    first, second = told['interactions']
    self.same(first['reply']['choices'], [{
      'role': 'assistant', 'finish': 'tool_calls', 'parts': [
        {'kind': 'tool_call', 'id': 'call_9W0PDPMmK2SHo8Ph5qmngr60', 'name': 'weather',
         'arguments': '{"location":"Florence, Italy"}'}]}], 'JSON has the call')
    self.same(first['reply']['usage'], {'input': 61, 'output': 16, 'total': 77, 'cached': 0,
                                        'reasoning': 0}, 'JSON has the usage')
    self.same([(m['role'], m['path']) for m in second['request']['messages']],
              [('system', '/messages/0'), ('user', '/messages/1'), ('assistant', '/messages/2'),
               ('tool', '/messages/3')], 'JSON has the messages and where they stand')
    one = json.loads(self.show('--format', 'json', f'{SEEDS}/openai-chat-weather-tool.yaml#1').out)
    self.same(one['interactions'], [second], 'JSON of one interaction')
    plain = self.json(cassette('http://a.test/', '', 'hello', 'text/plain'))
    self.tap.result('request' not in plain and 'reply' not in plain
                    and plain['response_message']['headers'] == [['Content-Type', 'text/plain']],
                    'JSON of what is no conversation', repr(plain))
    for arguments, says in ((['--format', 'xml'], "no format 'xml'"), (['--format'], 'needs a value'),
                            (['--format', 'json', '--request-body'], 'no other form'),
                            (['--conversation', '--request-body'], 'no other form')):
      run = self.show(f'{SEEDS}/openai-chat-hello.yaml', *arguments)
      self.tap.result(run.code == 2 and says in run.err.decode(), 'usage: ' + ' '.join(arguments),
                      run.story())

  # Other formats

  def test_bedrock(self):
    kind = 'application/vnd.amazon.eventstream'
    url = 'https://bedrock-runtime.us-east-1.amazonaws.com/model/amazon.nova-pro-v1%3A0/converse-stream'
    asked = {'messages': [{'role': 'user', 'content': [{'text': 'hi'}]}]}
    frames = [
      event('messageStart', {'role': 'assistant', 'p': 'abcd'}),
      event('contentBlockDelta', {'contentBlockIndex': 0, 'delta': {'text': 'Good '}}),
      event('contentBlockDelta', {'contentBlockIndex': 0, 'delta': {'text': 'day'}, 'p': 'a'}),
      event('contentBlockStop', {'contentBlockIndex': 0}),
      event('messageStop', {'stopReason': 'end_turn'}),
      event('metadata', {'usage': {'inputTokens': 3, 'outputTokens': 2, 'totalTokens': 5},
                         'metrics': {'latencyMs': 1}})]
    lines = self.lines(cassette(url, asked, b''.join(frames), kind))
    self.same(lines[4:], [
      '--- asked: amazon.nova-pro-v1:0 (bedrock-converse), for a stream', 'user       hi', '',
      '--- answered: (bedrock-converse), streamed, 6 events', 'assistant  Good day',
      'finish     end_turn', 'tokens     3 in, 2 out, 5 in all'], 'Converse over an event stream')
    self.tap.result(' in 6 events' in lines[2], 'and its frames are counted', '\n'.join(lines))
    body = b''.join(frames)
    for name, damaged in (('cut in a frame', body[:-1]), ('cut behind one', body[:-len(frames[5])]),
                          ('a bit in a payload', body.replace(b'Good', b'Goop')),
                          ('a bit in a checksum', body[:-1] + bytes([body[-1] ^ 1])),
                          ('a bit in a prelude', body[:3] + bytes([body[3] ^ 1]) + body[4:]),
                          ('a byte too many', body + b'x'), ('nothing', b'')):
      reply = self.json(cassette(url, asked, damaged, kind))['reply']
      self.tap.result(reply['complete'] is False and reply['incomplete'],
                      f'Converse, {name}: incomplete', repr(reply))
    thrown = frames[:2] + [frame({':message-type': 'exception', ':exception-type':
                                  'modelStreamErrorException'}, b'{"message":"it broke"}')]
    reply = self.json(cassette(url, asked, b''.join(thrown), kind))['reply']
    self.same((reply['complete'], reply['error'], reply['choices'][0]['parts'][0]['text']),
              (True, {'type': 'modelStreamErrorException', 'message': 'it broke'}, 'Good '),
              'an exception ends it')

  def test_invoke(self):
    chunks = [{'type': 'message_start', 'message': {'role': 'assistant', 'model': 'c', 'usage':
                                                    {'input_tokens': 3}}},
              {'type': 'content_block_start', 'index': 0, 'content_block':
               {'type': 'tool_use', 'id': 'toolu_1', 'name': 'f', 'input': {}}},
              {'type': 'content_block_delta', 'index': 0, 'delta':
               {'type': 'input_json_delta', 'partial_json': '{"a":"é"}'}},
              {'type': 'message_delta', 'delta': {'stop_reason': 'tool_use'},
               'usage': {'output_tokens': 4}},
              {'type': 'message_stop', 'amazon-bedrock-invocationMetrics': {'inputTokenCount': 3}}]
    wrap = lambda data: event('chunk', {'bytes': base64.b64encode(
      json.dumps(data, ensure_ascii=False).encode()).decode(), 'p': 'abc'})
    asked = {'anthropic_version': 'bedrock-2023-05-31', 'system': 'Be brief',
             'messages': [{'role': 'user', 'content': 'hi'}]}
    lines = self.lines(cassette(
      'https://b.test/model/anthropic.claude/invoke-with-response-stream', asked,
      b''.join(map(wrap, chunks)), 'application/vnd.amazon.eventstream'))
    self.same(lines[4:], [
      "--- asked: anthropic.claude (anthropic, in Bedrock's InvokeModel), for a stream",
      'system     Be brief', 'user       hi', '',
      "--- answered: c (anthropic, in Bedrock's InvokeModel), streamed, 5 events",
      'assistant  [call] f {"a":"é"}  (toolu_1)', 'finish     tool_use',
      'tokens     3 in, 4 out'], 'InvokeModel carries Anthropic')

  def test_gemini_array(self):
    url = 'https://g.test/v1beta/models/gemini-x:streamGenerateContent'
    say = lambda text, **more: {'candidates': [{'content': {'role': 'model', 'parts':
                                                            [{'text': text}]}, **more}]}
    pieces = [say('Olá, '), say('mundo', finishReason='STOP')]
    body = ',\r\n'.join(json.dumps(p, indent=2, ensure_ascii=False) + '\n' for p in pieces)
    lines = self.lines(cassette(url, {'contents': [{'parts': [{'text': 'hi'}]}]}, f'[{body}]',
                                'application/json; charset=UTF-8'))
    self.tap.result('model      Olá, mundo' in lines and 'finish     STOP' in lines
                    and ' in 3 events' in lines[2], "Gemini's array is a stream", '\n'.join(lines))
    lines = self.lines(cassette(url, {'contents': []}, f'[{body}',
                                'application/json; charset=UTF-8'))
    self.tap.result(lines[-1] == 'incomplete the array is not closed', 'and may be cut off',
                    '\n'.join(lines))

  def test_incomplete(self):
    cut = cassette(CHAT, ASKED, sse(delta(role='assistant', content='Good d')))
    self.tap.result("incomplete the stream ends without '[DONE]'" in self.lines(cut)
                    and 'assistant  Good d' in self.lines(cut), 'a cut stream says what it can')
    listing = self.show(self.write(cut)).text()
    self.tap.result('model     m (openai-chat), incomplete\n' in listing, 'the list says so', listing)
    failed = cassette(CHAT, ASKED, '{"error":{"message":"Slow down","type":"rate_limit"}}',
                      'application/json', 429)
    self.tap.result('error      rate_limit: Slow down' in self.lines(failed), 'an error is told')
    broken = cassette(CHAT, ASKED, sse(delta(content='a'), '[DONE]'),
                      more='    tapedeck:\n      broken: connection reset\n')
    lines = self.lines(broken)
    self.tap.result(lines[-1] == 'incomplete the transfer was broken off: connection reset'
                    and lines[2].endswith(', broken off: connection reset'),
                    'a broken transfer is told', '\n'.join(lines))

  # Time

  def test_timeline(self):
    events = [sse(delta(content='x' * n)) for n in (1, 5, 1, 1)] + ['data: [DONE]\n\n']
    body = ''.join(events)
    shape = ' '.join(f'{len(e)}@{t}' for e, t in zip(events, ('200', '210', '222.5', '900', '901')))
    timed = lambda body: cassette(CHAT, ASKED, body,
                                  more=f'    tapedeck:\n      chunks: {shape}\n')
    lines = self.lines(timed(body))
    self.same(lines[-1], f'  5 chunks, {len(body)} bytes in 901 ms; the first after 200 ms; gaps: '
              'median 11 ms, longest 678 ms before chunk 4', 'the timeline in numbers')
    bar = lines[-2].strip()
    self.tap.result(lines[-3] == '--- timeline' and len(bar) == 64 and bar[:13] == '·' * 13
                    and '█' in bar and bar[-1] != '·' and bar[20:60] == '·' * 40,
                    'and as a bar: quiet, busy, a stall, the end', bar)
    self.same(self.json(timed(body))['timeline']['chunks'][2],
              {'bytes': len(events[2]), 'at_ns': 222500000}, 'in JSON to the nanosecond')
    edited = self.show('--conversation', self.write(timed(body + ' '))).text()
    self.tap.result('timeline' not in edited and ' in 6 events' in edited,
                    'an edited body has lost its times, and its events are counted', edited)
    one = cassette(CHAT, ASKED, '{"choices":[]}', 'application/json',
                   more='    tapedeck:\n      chunks: 14@3.25\n')
    self.same(self.lines(one)[-1], '  1 chunk, 14 bytes in 3.25 ms; the first after 3.25 ms',
              'one chunk has no gaps')
    ascii = Run([self.tapedeck, 'show', '--conversation', self.write(timed(body))],
                env=clean_environment(LC_ALL='C')).out.splitlines()[-2]
    self.tap.result(ascii.isascii() and b'#' in ascii, 'plain letters where UTF-8 is not known',
                    repr(ascii))

  # Terminals

  HOSTILE = 'a\x1b[31mb\x07c\x9bd\x7fe\u202ef\u2066g\x00h\U000e0041i\rj\ud83dk'

  def hostile(self):
    bad = self.HOSTILE
    asked = {'model': bad, 'messages': [{'role': bad, 'content': bad}],
             'tools': [{'type': 'function', 'function': {'name': bad, 'description': bad}}]}
    answer = sse({'model': bad, 'id': bad, 'choices': [{'index': 0, 'finish_reason': bad, 'delta': {
      'role': bad, 'content': bad, 'reasoning_content': bad, 'tool_calls': [
        {'index': 0, 'id': bad, 'function': {'name': bad, 'arguments': bad}}]}}]},
      {'error': {'type': bad, 'message': bad}}, '[DONE]')
    spare = bad.replace('\ud83d', '').replace('\x00', '')
    data = cassette(CHAT + '?' + spare, asked, answer + spare.replace('\r', ''),
                    'text/event-stream;' + spare, more='')
    return data.replace(b'    status: 200 OK', b'    status: ' + quote(spare).encode())

  def test_escapes(self):
    path = self.write(self.hostile())
    listing, _ = self.show(path), self.show(path)
    if listing.code:
      self.tap.result(False, 'the hostile cassette is read', listing.story())
      return
    forbidden = re.compile(r'[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]')
    for arguments in ([path], [path + '#0'], ['--conversation', path], ['--format', 'json', path]):
      name = ' '.join(os.path.basename(a) for a in arguments)
      run = self.show(*arguments)
      out = run.text()
      found = forbidden.search(out)
      self.tap.result(run.code == 0 and not found, f'nothing gives a terminal orders: {name}',
                      repr(out[max(0, found.start() - 40):][:100]) if found else run.story())
      for width in (10, 80):
        out = self.on_terminal(width, *arguments)
        found = forbidden.search(re.sub('\x1b' + r'\[\d*m', '', out))
        self.tap.result(not found, f'nor with colour, {width} columns: {name}',
                        repr(out[max(0, found.start() - 40):][:100]) if found else '')
    text = self.show('--conversation', path).text()
    self.tap.result(r'a\x1b[31mb' in text or r'a\u001b[31mb' in text, 'they are made visible', text)
    answer = json.loads(self.show('--format', 'json', path).out)['interactions'][0]['reply']
    said = answer['choices'][0]['parts'][1]['text']
    self.tap.result(said.startswith('a\x1b[31mb\x07c\x9bd'), 'JSON has them, escaped', repr(said))
    raw = self.show('--response-body', path)
    self.tap.result(b'\\u001b[31m' in raw.out and b'\x1b[31m' in raw.out,
                    'raw bytes are raw bytes', repr(raw.out[-200:]))

  @staticmethod
  def columns(line):
    wide = lambda c: 2 if unicodedata.east_asian_width(c) in 'WF' else 0 if unicodedata.combining(
      c) else 1
    return sum(map(wide, line))

  def test_width(self):
    words = 'a wide 世界 of words, some_of_them_much_too_long_for_any_narrow_terminal, e\u0301 🙂 ' * 4
    path = self.write(cassette(CHAT, ASKED, sse(delta(role='assistant', content=words), '[DONE]')))
    for width in (12, 19, 30, 40, 60, 80, 200):
      out = self.on_terminal(width, '--conversation', path, NO_COLOR='1')
      body = out[out.index('--- answered'):].split('\n')[1:]
      wide = [line for line in body if self.columns(line) > max(width, 19)]
      said = re.sub(r'\s+', '', ''.join(body)).replace('assistant', '')
      self.tap.result(not wide and said == re.sub(r'\s+', '', words),
                      f'{width} columns: nothing sticks out, nothing is lost', '\n'.join(body))
    out = self.on_terminal(80, '--conversation', path)
    self.tap.result('\x1b[1m' in out, 'colour on a terminal')
    self.tap.result('\x1b' not in self.on_terminal(80, '--conversation', path, NO_COLOR='1'),
                    'none with NO_COLOR')
    self.tap.result(words.strip() in self.show('--conversation', path).text(),
                    'no line is broken where there is no terminal')

  def test_lines(self):
    text = 'one\r\ntwo\n\n  three\tfour\n'
    lines = self.lines(cassette(CHAT, ASKED, sse(delta(role='assistant', content=text), '[DONE]')))
    at = lines.index('assistant  one')
    self.same(lines[at:at + 4], ['assistant  one', '           two', '',
                                 '             three    four'], 'lines are indented')
    body = self.show(self.write(cassette('http://a.test/', '', 'a\tb\nc\x1bd' + 'e' * 20,
                                         'text/plain')) + '#0').text()
    self.tap.result(body.endswith('\na\tb\nc\\u001bd' + 'e' * 20 + '\n'),
                    'a body keeps its tabs, and shows a stray control character', body)


def main():
  parser = argparse.ArgumentParser(description=__doc__)
  parser.add_argument('--build')
  with tempfile.TemporaryDirectory(prefix='tapedeck-show-') as folder:
    suite = Suite(find_build(parser.parse_args().build), folder)
    for name in sorted(dir(suite)):
      if name.startswith('test_'):
        getattr(suite, name)()
    return suite.tap.finish()


if __name__ == '__main__':
  sys.exit(main())
