#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Opens a page in Chromium and says what it asked for, what it complained of, and how it looks: as JSON, a line.

usage: report_chromium.py CHROMIUM PAGE

Speaks the DevTools protocol over two pipes (--remote-debugging-pipe), so that only what the page does is seen, not what
the browser does for itself.
"""
import json
import os
import select
import subprocess
import sys
import tempfile
import time

DEADLINE_S = 90

LOOK = '''(() => {
  const luminance = (color) => color.match(/[0-9.]+/g).slice(0, 3).reduce((sum, x) => sum + Number(x), 0) / 765;
  const pictures = [...document.querySelectorAll('img')];
  return {
    paper: luminance(getComputedStyle(document.body).backgroundColor),
    ink: luminance(getComputedStyle(document.body).color),
    fits: document.documentElement.scrollWidth <= window.innerWidth,
    broken: pictures.filter((x) => !x.complete || x.naturalWidth === 0).length,
    unnamed: pictures.filter((x) => !x.alt).length
      + [...document.querySelectorAll('svg')].filter((x) => !x.querySelector('title')).length,
    figures: document.querySelectorAll('figure').length,
    scripts: document.scripts.length,
    title: document.title,
    attention: [...document.querySelectorAll('h3')].filter((x) => x.textContent.startsWith('Attention')).length,
    letters: [...document.querySelectorAll('use')].filter((x) => !document.querySelector(x.getAttribute('xlink:href'))).length,
  };
})()'''


class Browser:
    def __init__(self, program, folder):
        self.to_child, from_parent = os.pipe()[::-1]
        to_parent, self.from_child = os.pipe()[::-1]

        def place_pipes():
            # The ends may have the numbers 3 and 4 themselves: first out of the way.
            read_end, write_end = os.dup(from_parent), os.dup(to_parent)
            os.dup2(read_end, 3)
            os.dup2(write_end, 4)

        self.process = subprocess.Popen(
            [program, '--headless', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
             '--disable-background-networking', '--user-data-dir=' + folder, '--remote-debugging-pipe', 'about:blank'],
            preexec_fn=place_pipes, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        os.close(from_parent)
        os.close(to_parent)
        self.buffer, self.events, self.n, self.session = b'', [], 0, None
        self.deadline = time.monotonic() + DEADLINE_S

    def read(self):
        while b'\0' not in self.buffer:
            left = self.deadline - time.monotonic()
            if left <= 0 or not select.select([self.from_child], [], [], left)[0]:
                raise TimeoutError('chromium does not answer')
            block = os.read(self.from_child, 1 << 20)
            if not block:
                raise EOFError('chromium went away')
            self.buffer += block
        text, self.buffer = self.buffer.split(b'\0', 1)
        return json.loads(text)

    def call(self, method, **parameters):
        self.n += 1
        message = {'id': self.n, 'method': method, 'params': parameters}
        if self.session is not None:
            message['sessionId'] = self.session
        text = json.dumps(message).encode() + b'\0'
        while text:
            text = text[os.write(self.to_child, text):]
        while True:
            answer = self.read()
            if answer.get('id') == self.n:
                if 'error' in answer:
                    raise RuntimeError(f'{method}: {answer["error"]}')
                return answer['result']
            self.events.append(answer)

    def wait(self, method):
        while not any(event.get('method') == method for event in self.events):
            self.events.append(self.read())

    def of(self, method):
        return [event['params'] for event in self.events if event.get('method') == method]


def look(browser, scheme, width):
    browser.call('Emulation.setEmulatedMedia', features=[{'name': 'prefers-color-scheme', 'value': scheme}])
    browser.call('Emulation.setDeviceMetricsOverride', width=width, height=800, deviceScaleFactor=1, mobile=False)
    return browser.call('Runtime.evaluate', expression=LOOK, returnByValue=True)['result']['value']


def visit(browser, page):
    target = browser.call('Target.createTarget', url='about:blank')['targetId']
    browser.session = browser.call('Target.attachToTarget', targetId=target, flatten=True)['sessionId']
    for domain in ('Network', 'Log', 'Runtime', 'Page'):
        browser.call(domain + '.enable')
    browser.call('Page.navigate', url='file://' + os.path.abspath(page))
    browser.wait('Page.loadEventFired')
    seen = {'light': look(browser, 'light', 1000), 'dark': look(browser, 'dark', 1000), 'narrow': look(browser, 'light', 600),
            'phone': look(browser, 'light', 360)}
    seen['pdf_bytes'] = len(browser.call('Page.printToPDF')['data']) * 3 // 4
    urls = [event['request']['url'] for event in browser.of('Network.requestWillBeSent')]
    seen['requests'] = [url[:200] for url in urls if not url.startswith('data:')]
    seen['complaints'] = ([event['entry']['text'] for event in browser.of('Log.entryAdded')]
                          + [event['type'] for event in browser.of('Runtime.consoleAPICalled')]
                          + [event['exceptionDetails']['text'] for event in browser.of('Runtime.exceptionThrown')])
    return seen


def main():
    program, page = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            print(json.dumps(visit(browser, page)))
        finally:
            browser.process.kill()
            browser.process.wait()


if __name__ == '__main__':
    main()
