# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The page in headless Chromium, and what holds of every test: no error in the console, no violation of the
Content-Security-Policy, no request to another server."""
import base64
import json
import time

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By

from service.conftest import fleet, gateway, nothing_wrong, own, scale_server # fixtures: used by their names
from support.programs import BUILD

__all__ = ["fleet", "gateway", "nothing_wrong", "own", "scale_server"]

SCREENSHOTS = BUILD / "screenshots"
WAIT_SECONDS = 60
WIDE, NARROW, LOW = (1280, 900), (390, 844), (800, 600)
FLAGS = ("--headless=new", "--no-sandbox", # root has none
         "--disable-dev-shm-usage", # a chroot's /dev/shm may be small
         "--hide-scrollbars", "--disable-gpu", "--lang=en", "--no-proxy-server", "--disable-background-networking")


class Browser:
    """One Chromium, and what the tests do with the page."""

    def __init__(self):
        options = webdriver.ChromeOptions()
        for flag in FLAGS:
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
        self.requests = [] # URLs
        self.urls_allowed = ()

    def open(self, server, size=WIDE, dark=False, scripts=True):
        """The page, afresh."""
        command = self.driver.execute_cdp_cmd
        command("Emulation.setDeviceMetricsOverride",
                {"width": size[0], "height": size[1], "deviceScaleFactor": 1, "mobile": size == NARROW})
        command("Emulation.setEmulatedMedia", {"features": [
            {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]})
        command("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.urls_allowed = (server.url("/"), "data:", "blob:" + server.url("/"))
        self.driver.get(server.url("/"))

    def find(self, name):
        return self.driver.find_element(By.ID, name)

    def text(self, name):
        return self.find(name).text

    def run(self, script, *arguments):
        return self.driver.execute_script(script, *arguments)

    def wait(self, condition, what):
        """Until it is true; returns what it came to."""
        end = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            time.sleep(0.02)
        raise AssertionError(f"{what}: not within {WAIT_SECONDS} s")

    def enter(self, name, text):
        """Sets a field at once, as pasting does: typed slowly, each digit would be a request."""
        self.run("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))",
                 self.find(name), text)

    def note_requests(self):
        """Those since the last call: (method, URL)."""
        seen = []
        for line in self.driver.get_log("performance"):
            message = json.loads(line["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                request = message["params"]["request"]
                seen.append((request["method"], request["url"]))
        self.requests += [url for _, url in seen]
        return seen

    def settle(self, action, what="an answer"):
        """Does something to the page and waits until the request that it makes is answered; returns its URL."""
        self.note_requests()
        self.run("document.getElementById('status').textContent = 'Waiting'")
        action()
        # Not .text, which of an element that is not shown yet is empty.
        content = "return document.getElementById('status').textContent"
        self.wait(lambda: self.run(content) not in ("Waiting", "Working"), what)
        sent = [url for method, url in self.note_requests() if method == "POST"]
        return sent[0] if sent else None

    def take_sample(self):
        return self.settle(self.find("sample").click, "the sample's answer")

    def screenshot(self, name):
        """The whole page, kept for a look."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        taken = self.driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
        (SCREENSHOTS / f"{name}.png").write_bytes(base64.b64decode(taken["data"]))

    def console(self):
        """What the console says, but that an answer was a problem, which Chromium notes of every 4xx."""
        return [line["message"] for line in self.driver.get_log("browser")
                if "the server responded with a status of 4" not in line["message"]]

    def foreign(self):
        self.note_requests()
        return [url for url in self.requests if not url.startswith(self.urls_allowed)]


@pytest.fixture(scope="session")
def chromium():
    browser = Browser()
    yield browser
    browser.driver.quit()


@pytest.fixture
def browser(chromium):
    chromium.driver.get("about:blank")
    chromium.console()
    chromium.note_requests()
    chromium.requests = []
    yield chromium
    assert chromium.console() == []
    assert chromium.foreign() == []
