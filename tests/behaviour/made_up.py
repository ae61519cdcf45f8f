# SPDX-License-Identifier: MIT
"""Made-up secrets: one for each rule, put together at run time so that no file holds anything that
looks like a key, and the same on every run. And lookalikes, which are none."""

import base64
import gzip
import json
import random
import string
import struct
import urllib.parse
import zlib

ALNUM = string.ascii_letters + string.digits
TOKEN = ALNUM + '_-'
B64 = ALNUM + '+/'
B32 = string.ascii_uppercase + '234567'
HEX = '0123456789abcdef'
LOWER = string.ascii_lowercase + string.digits
OPENAI = 'T3Blbk' + 'FJ'


class Random(random.Random):
  def of(self, alphabet, count):
    return ''.join(self.choice(alphabet) for _ in range(count))


def secrets(seed=1):
  """(rule, secret) for every rule that knows a secret by its form."""
  r = Random(seed)
  token = lambda n: r.of(ALNUM, 1) + r.of(TOKEN, n - 2) + r.of(ALNUM, 1)
  b64url = lambda data: base64.urlsafe_b64encode(data.encode()).decode().rstrip('=')
  jwt = '.'.join([b64url('{"alg":"HS256","typ":"JWT"}'), b64url('{"sub":"%s"}' % r.of(ALNUM, 12)),
                  token(43)])
  pem = '-----BEGIN ' + 'PRIVATE KEY-----\n' + '\n'.join(r.of(B64, 64) for _ in range(4)) + \
      '\n-----END ' + 'PRIVATE KEY-----'
  rsa = '-----BEGIN ' + 'RSA PRIVATE KEY-----\n' + '\n'.join(r.of(B64, 64) for _ in range(4)) + \
      '\n-----END ' + 'RSA PRIVATE KEY-----'
  return [
      ('openai-project-key', 'sk-' + 'proj-' + token(74) + OPENAI + token(74)),
      ('openai-service-key', 'sk-' + 'svcacct-' + token(74) + OPENAI + token(74)),
      ('openai-service-key', 'sk-' + 'service-' + token(20) + OPENAI + token(20)),
      ('openai-admin-key', 'sk-' + 'admin-' + token(58) + OPENAI + token(58)),
      ('openai-api-key', 'sk-' + r.of(ALNUM, 20) + OPENAI + r.of(ALNUM, 20)),
      ('openai-client-secret', 'ek' + '_' + r.of(HEX, 32)),
      ('anthropic-api-key', 'sk-' + 'ant-api03-' + token(93) + 'AA'),
      ('anthropic-api-key', 'sk-' + 'ant-admin01-' + token(93) + 'AA'),
      ('openrouter-api-key', 'sk-' + 'or-v1-' + r.of(HEX, 64)),
      ('deepseek-api-key', 'sk-' + r.of(LOWER, 31) + '7'),
      ('sk-api-key', 'sk-' + r.of(ALNUM, 47) + '4'),
      ('google-api-key', 'AI' + 'za' + token(35)),
      ('google-oauth-token', 'ya' + '29.' + token(120)),
      ('google-oauth-secret', 'GOC' + 'SPX-' + token(28)),
      ('google-refresh-token', '1/' + '/0' + token(60)),
      ('aws-access-key-id', 'AK' + 'IA' + r.of(B32, 16)),
      ('aws-access-key-id', 'AS' + 'IA' + r.of(B32, 16)),
      ('aws-access-key-id', 'AB' + 'IA' + r.of(B32, 16)),
      ('aws-access-key-id', 'AC' + 'CA' + r.of(B32, 16)),
      ('aws-access-key-id', 'A3' + 'TX' + r.of(B32, 16)),
      ('aws-session-token', 'IQo' + 'Jb3JpZ2lu' + r.of(B64, 400) + '=='),
      ('aws-session-token', 'Fwo' + 'GZXIvYXdz' + r.of(B64, 300) + '='),
      ('aws-bedrock-key', 'AB' + 'SK' + r.of(B64, 127) + '='),
      ('aws-bedrock-key', 'bedrock-' + 'api-key-' + 'YmVkcm9jay5hbWF6b25hd3MuY29t' + r.of(B64, 200)),
      ('azure-openai-key', r.of(ALNUM, 52) + 'JQ' + 'QJ99' + r.of(ALNUM, 26)),
      ('azure-ad-secret', r.of(ALNUM, 3) + '8Q' + '~' + r.of(ALNUM, 34)),
      ('groq-api-key', 'gs' + 'k_' + r.of(ALNUM, 52)),
      ('huggingface-token', 'h' + 'f_' + r.of(ALNUM, 34)),
      ('huggingface-token', 'api_' + 'org_' + r.of(ALNUM, 34)),
      ('xai-api-key', 'xa' + 'i-' + r.of(ALNUM, 80)),
      ('replicate-token', 'r' + '8_' + r.of(ALNUM, 37)),
      ('perplexity-api-key', 'ppl' + 'x-' + r.of(ALNUM, 48)),
      ('nvidia-api-key', 'nva' + 'pi-' + token(64)),
      ('elevenlabs-api-key', 'sk' + '_' + r.of(HEX, 48)),
      ('langsmith-api-key', 'lsv2' + '_pt_' + r.of(HEX, 32) + '_' + r.of(HEX, 10)),
      ('langsmith-api-key', 'lsv2' + '_sk_' + r.of(HEX, 32) + '_' + r.of(HEX, 10)),
      ('databricks-token', 'da' + 'pi' + r.of(HEX, 32)),
      ('github-token', 'gh' + 'p_' + r.of(ALNUM, 36)),
      ('github-token', 'gh' + 'o_' + r.of(ALNUM, 36)),
      ('github-token', 'gh' + 'u_' + r.of(ALNUM, 36)),
      ('github-token', 'gh' + 's_' + r.of(ALNUM, 36)),
      ('github-token', 'gh' + 'r_' + r.of(ALNUM, 36)),
      ('github-token', 'github' + '_pat_' + r.of(ALNUM, 22) + '_' + r.of(ALNUM, 59)),
      ('gitlab-token', 'glp' + 'at-' + token(20)),
      ('slack-token', 'xo' + 'xb-' + r.of(string.digits, 12) + '-' + r.of(ALNUM, 24)),
      ('slack-token', 'xo' + 'xp-' + r.of(string.digits, 12) + '-' + r.of(ALNUM, 24)),
      ('slack-token', 'xo' + 'xa-' + r.of(string.digits, 12) + '-' + r.of(ALNUM, 24)),
      ('slack-token', 'xo' + 'xr-' + r.of(string.digits, 12) + '-' + r.of(ALNUM, 24)),
      ('slack-token', 'xo' + 'xs-' + r.of(string.digits, 12) + '-' + r.of(ALNUM, 24)),
      ('slack-token', 'xa' + 'pp-1-' + r.of(B32, 11) + '-' + r.of(string.digits, 13) + r.of(HEX, 64)),
      ('stripe-key', 'sk_' + 'live_' + r.of(ALNUM, 24)),
      ('stripe-key', 'sk_' + 'test_' + r.of(ALNUM, 24)),
      ('stripe-key', 'rk_' + 'live_' + r.of(ALNUM, 24)),
      ('stripe-key', 'rk_' + 'test_' + r.of(ALNUM, 24)),
      ('stripe-key', 'whs' + 'ec_' + r.of(ALNUM, 32)),
      ('jwt', jwt),
      ('private-key', pem),
      ('private-key', rsa),
  ]


def phrases(seed=2):
  """(rule, text before, secret, text behind): secrets that are known by what stands before them."""
  r = Random(seed)
  password = r.of(ALNUM, 14)
  basic = base64.b64encode(('me:' + r.of(ALNUM, 15)).encode()).decode()
  mixed = lambda n: r.of(ALNUM, n - 4) + '7b' + r.of(ALNUM, 1) + '2'
  return [
      ('aws-signature', 'AWS4-HMAC-SHA256 SignedHeaders=host, Signature=', r.of(HEX, 64), ''),
      ('azure-storage-key', 'AccountName=x;Account' + 'Key=', r.of(B64, 86) + '==', ';Suffix=y'),
      ('azure-shared-key', 'KeyName=x;SharedAccess' + 'Key=', r.of(B64, 43) + '=', ';'),
      ('azure-sas-signature', 'https://x.example/c?sv=2021&sig=', r.of(B64, 43) + '=', '&se=1'),
      ('slack-webhook', 'https://hooks.slack' + '.com/services/', 'T' + r.of(B32, 10) + '/B' +
       r.of(B32, 10) + '/' + r.of(ALNUM, 24), ' is it'),
      ('bearer', 'curl -H "Authorization: Bearer ', mixed(40), '"'),
      ('basic', 'curl -H "Authorization: Basic ', basic, '"'),
      ('assigned-secret', 'export AWS_SECRET_ACCESS_KEY=', r.of(B64, 38) + '9a', '\n'),
      ('assigned-secret', 'AZURE_OPENAI_API_KEY: "', r.of(HEX, 28) + '3a4b', '"'),
      ('assigned-secret', 'the mistral_api_key = ', mixed(32), ' here'),
      ('assigned-secret', 'COHERE_API_KEY=', mixed(40), ' '),
      ('assigned-secret', "set 'client-secret' => '", mixed(24), "'"),
      ('url-userinfo', 'postgres://', 'me:' + password, '@db.example/x'),
      ('assigned-secret', 'https://x.example/?a=1&access_token=', mixed(30), '&b=2'),
  ]


def named(seed=3):
  """(rule, kind, name): what these names hold is a secret, whatever it looks like."""
  return [
      ('authorization', 'header', 'Authorization'), ('authorization', 'header', 'proxy-authorization'),
      ('api-key', 'header', 'X-Api-Key'), ('api-key', 'header', 'api-key'),
      ('api-key', 'header', 'x-goog-api-key'), ('api-key', 'header', 'xi-api-key'),
      ('api-key', 'header', 'X-Auth-Token'), ('api-key', 'header', 'Ocp-Apim-Subscription-Key'),
      ('api-key', 'header', 'DD-API-KEY'), ('api-key', 'header', 'aeg-sas-key'),
      ('token', 'header', 'X-Amz-Security-Token'), ('account', 'header', 'OpenAI-Organization'),
      ('account', 'header', 'openai-project'), ('cookie', 'cookie', 'Cookie'),
      ('cookie', 'cookie', 'Set-Cookie'),
      ('api-key', 'query', 'key'), ('api-key', 'query', 'api_key'), ('api-key', 'query', 'apikey'),
      ('token', 'query', 'token'), ('token', 'query', 'access_token'),
      ('client-secret', 'query', 'client_secret'), ('signature', 'query', 'X-Amz-Credential'),
      ('signature', 'query', 'X-Amz-Signature'), ('token', 'query', 'X-Amz-Security-Token'),
      ('signature', 'query', 'sig'), ('signature', 'query', 'X-Goog-Signature'),
      ('token', 'field', 'access_token'), ('token', 'field', 'refresh_token'),
      ('token', 'field', 'id_token'), ('client-secret', 'field', 'client_secret'),
      ('client-secret', 'field', 'client_assertion'), ('password', 'field', 'password'),
      ('api-key', 'field', 'api_key'), ('api-key', 'field', 'api-key'),
      ('api-key', 'field', 'apiKey'), ('private-key', 'field', 'privateKey'),
      ('connection-string', 'field', 'connectionString'), ('api-key', 'field', 'primaryKey'),
      ('api-key', 'field', 'accountKey'), ('api-key', 'field', 'functionKey'),
      ('client-secret', 'field', 'SecretAccessKey'), ('token', 'field', 'SessionToken'),
  ]


def lookalikes(seed=4):
  """Texts without a secret."""
  r = Random(seed)
  return [
      'chatcmpl-' + r.of(ALNUM, 29), 'call_' + r.of(ALNUM, 24), 'resp_' + r.of(HEX, 50),
      'msg_' + r.of(ALNUM, 24), 'toolu_01' + r.of(ALNUM, 22), 'fp_' + r.of(HEX, 10),
      'req_' + r.of(HEX, 32), 'rs_' + r.of(HEX, 48), 'fc_' + r.of(HEX, 50), 'run_' + r.of(ALNUM, 24),
      'cmpl-' + r.of(HEX, 32), 'gen-1754000000-' + r.of(ALNUM, 20), 'file-' + r.of(ALNUM, 24),
      'asst_' + r.of(ALNUM, 24), 'thread_' + r.of(ALNUM, 24), 'batch_' + r.of(HEX, 32),
      'data:image/png;base64,' + r.of(B64, 4000) + '==', r.of(B64, 2000) + '=',
      'gAAAAAB' + r.of(TOKEN, 900) + '==', r.of(ALNUM, 16), r.of(HEX, 64), r.of(HEX, 40),
      '3f2504e0-4f89-11d3-9a0c-0305e82c3301', 'ABCDEFGHIJKLMNOPQRST', 'AKIA is how they start',
      'sk-your-key-here', 'sk-proj-your-project-key-here', 'sk-...', 'sk-proj-xxxxxxxxxxxxxxxxxxxxxxxx',
      'sk-ant-api03-...', 'your API key: <key>', 'task-0123456789abcdef0123456789abcdef01234567',
      'disk-a1b2c3d4e5f6a7b8c9d0e1f2a3b4c5d6e7f8', 'risk-assessment-for-the-whole-of-the-company',
      'hf_transformers', 'gsk_model', 'xai-explained', 'r8_v2', 'eyJ is how a header starts',
      'eyJhbGciOiJIUzI1NiJ9', 'a.b.c', 'www.example.com.some-long-host-name-here',
      'Bearer of bad news', 'bearer authentication is what we use here', 'Basic understanding of it',
      'Basic training', 'max_tokens=4000', '"completion_tokens": 12', 'the token budget = 100',
      'token: string', 'password: required', 'api_key=os.environ["OPENAI_API_KEY"]',
      'api_key = settings.OPENAI_API_KEY_V2()', 'apiKey: process.env.API_KEY_NUMBER_2',
      'next_page_token=' + r.of(ALNUM, 40), 'nextPageToken: "%s"' % r.of(ALNUM, 30),
      'primary key = id', 'the key: a word', 'key=value&other=thing', 'https://example.com/?q=key',
      'https://user:password@example.com/', 'http://example.com:8080/a@b', 'a@b.example',
      '-----BEGIN ' + 'CERTIFICATE-----\n' + r.of(B64, 64) + '\n-----END ' + 'CERTIFICATE-----',
      '-----BEGIN ' + 'PUBLIC KEY-----\n' + r.of(B64, 64) + '\n-----END ' + 'PUBLIC KEY-----',
      '100% sure, 50%25 off, %zz', 'C:\\users\\new', '{"token": " Hello", "logprob": -0.1}',
      '{"type":"object","properties":{"password":{"type":"string"},"key":{"type":"string"}}}',
      'sha256-' + r.of(B64, 43) + '=', 'sig=abc', 'signature: required',
      'arn:aws:iam::123456789012:role/x', 'T-12', 'SG.short', 'xox', 'sk_live', 'ghp_short',
  ]


# ---- forms ----

def json_text(text):
  return json.dumps(text, ensure_ascii=False)


def escaped_json(text):
  return '"' + ''.join('\\u%04x' % ord(c) for c in text) + '"'


def percent_all(text):
  return ''.join('%%%02X' % b for b in text.encode())


def events(pieces, before='', behind=''):
  """A stream like that of chat completions, another choice in between."""
  def event(index, text):
    return 'data: {"id":"chatcmpl-x","choices":[{"index":%d,"delta":{"content":%s}}]}\n\n' % (
        index, json_text(text))
  out = event(0, before)
  for piece in pieces:
    out += event(0, piece) + event(1, ' word')
  return out + event(0, behind) + 'data: [DONE]\n\n'


def cut(text, size):
  return [text[i:i + size] for i in range(0, len(text), size)]


def responses_events(pieces):
  return ''.join('event: response.output_text.delta\ndata: {"type":"response.output_text.delta",'
                 '"sequence_number":%d,"item_id":"msg_1","output_index":0,"content_index":0,'
                 '"delta":%s}\n\n' % (i, json_text(p)) for i, p in enumerate(pieces))


def anthropic_events(pieces):
  return ''.join('event: content_block_delta\ndata: {"type":"content_block_delta","index":1,"delta":'
                 '{"type":"input_json_delta","partial_json":%s}}\n\n' % json_text(p) for p in pieces)


def frame(payload):
  """One of an AWS event stream."""
  headers = b''.join(bytes([len(n)]) + n + b'\x07' + struct.pack('>H', len(v)) + v for n, v in
                     ((b':event-type', b'chunk'), (b':content-type', b'application/json')))
  head = struct.pack('>II', 16 + len(headers) + len(payload), len(headers))
  head += struct.pack('>I', zlib.crc32(head)) + headers + payload
  return head + struct.pack('>I', zlib.crc32(head))


def frames(data):
  """The payloads, each length and checksum looked at."""
  payloads = []
  while data:
    total, headers, crc = struct.unpack('>III', data[:12])
    if zlib.crc32(data[:8]) != crc or zlib.crc32(data[:total - 4]) != struct.unpack('>I', data[total - 4:total])[0]:
      raise ValueError('a frame is broken')
    payloads.append(data[12 + headers:total - 4])
    data = data[total:]
  return payloads


def converse_frames(pieces):
  return b''.join(frame(json.dumps({'contentBlockIndex': 0, 'delta': {'text': p}, 'p': 'abc'}).encode())
                  for p in pieces)


def invoke_frames(pieces):
  wrap = lambda event: json.dumps({'bytes': base64.b64encode(event.encode()).decode(), 'p': 'ab'})
  return b''.join(frame(wrap('{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":%s}}'
                             % json_text(p)).encode()) for p in pieces)


def multipart(text):
  return ('--XbX\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n'
          'Content-Type: text/plain\r\n\r\nbegin %s end\r\n--XbX--\r\n' % text)


def gzipped(data):
  return gzip.compress(data.encode() if isinstance(data, str) else data, mtime=0)


quote = lambda text: urllib.parse.quote(text, safe='')
