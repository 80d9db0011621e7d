# SPDX-License-Identifier: MIT
# SPDX-FileCopyrightText: 2026 the grisaille authors
"""The page of the gateway, as people use it."""
import base64
import shlex
import subprocess
import urllib.parse

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from browser.conftest import LOW, NARROW, WIDE
from samples import files
from support.clients import curl

GIVE = """
const [kind, name, type, text] = arguments;
const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const transfer = new DataTransfer();
transfer.items.add(new File([bytes], name, {type}));
const event = kind === "drop" ? new DragEvent("drop", {dataTransfer: transfer, bubbles: true, cancelable: true})
    : new ClipboardEvent("paste", {clipboardData: transfer, bubbles: true, cancelable: true});
document.body.dispatchEvent(event);
"""

def give(browser, kind, name, media_type, content):
    """Drops or pastes a file, made by a script."""
    text = base64.b64encode(content).decode()
    return browser.settle(lambda: browser.run(GIVE, kind, name, media_type, text), f"the {kind}'s answer")


def query(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


def shown(browser):
    """The parameters in the curl line."""
    return query(next(word for word in shlex.split(browser.text("curl")) if word.startswith("http:")))


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "it's a photo.jpg"
    path.write_bytes(files.jpeg(320, 240))
    return path


def test_upload(browser, gateway, photo):
    """A chosen file is answered: before and after, sizes, bytes, times, path, a download."""
    browser.open(gateway)
    url = browser.settle(lambda: browser.find("file").send_keys(str(photo)))
    assert url == gateway.url("/image")
    assert browser.find("after").is_displayed() and browser.find("before").is_displayed()
    assert browser.text("fact-size") == "320 × 240 → 320 × 240"
    assert "saved" in browser.text("fact-bytes") or "more" in browser.text("fact-bytes")
    assert browser.text("fact-format") == "JPEG → JPEG"
    assert browser.text("fact-queue").endswith(" ms") and browser.text("fact-work").endswith(" ms")
    assert browser.text("fact-path").startswith("jpeg-")
    link = browser.find("download")
    assert link.is_displayed() and link.get_attribute("download") == "it's a photo-320x240.jpg"
    assert link.get_attribute("href").startswith("blob:")


@pytest.mark.parametrize("kind", ["drop", "paste"])
def test_drop_and_paste(browser, gateway, kind):
    """A dropped and a pasted image are taken as a chosen one is."""
    browser.open(gateway)
    assert give(browser, kind, "a.png", "image/png", files.encode(files.image(50, 40), "PNG")) is not None
    assert browser.text("fact-size") == "50 × 40 → 50 × 40" and browser.text("fact-format") == "PNG → PNG"


@pytest.mark.parametrize("name, media_type, file_format", [("a.tif", "image/tiff", "TIFF")])
def test_format_that_browsers_do_not_show(browser, gateway, name, media_type, file_format):
    """Before and after are shown as well if the browser does not know their format."""
    browser.open(gateway)
    give(browser, "drop", name, media_type, files.encode(files.image(50, 40), file_format))
    assert browser.text("fact-size") == "50 × 40 → 50 × 40" and browser.text("fact-format") == "TIFF → TIFF"
    assert browser.find("download").get_attribute("download") == "a-50x40.tif"
    assert browser.run("return document.getElementById('after').naturalWidth") == 50


def test_size_that_is_not_known(browser, gateway):
    """A TIFF that is too wide for WebP is not shown, and no size of it is made up."""
    browser.open(gateway)
    give(browser, "drop", "a.tif", "image/tiff", files.encode(files.image(17000, 20), "TIFF"))
    assert browser.text("fact-size") == "→ 17000 × 20" and not browser.find("problem").is_displayed()
    assert browser.find("download").get_attribute("download") == "a-17000x20.tif"
    assert not browser.find("before").is_displayed() and not browser.find("after").is_displayed()


# Holds back what is sent to be shown (format=webp) until release() is called, which returns when it is answered, and
# the page has had the time of some frames to show that; keeps the types of the blobs that have a URL.
HOLD = """
const real = window.fetch;
const held = [];
let open;
const gate = new Promise((resolve) => { open = resolve; });
window.fetch = (url, options) => {
    if (!url.includes("format=webp"))
        return real(url, options);
    const answer = gate.then(() => real(url, options));
    held.push(answer);
    return answer;
};
window.countHeld = () => held.length;
window.release = async () => {
    open();
    await Promise.allSettled(held);
    for (let frame = 0; frame < 20; frame++)
        await new Promise(requestAnimationFrame);
};
window.types = {};
const [create, revoke] = [URL.createObjectURL, URL.revokeObjectURL];
URL.createObjectURL = (blob) => {
    const url = create(blob);
    window.types[url] = blob.type;
    return url;
};
URL.revokeObjectURL = (url) => {
    delete window.types[url];
    revoke(url);
};
"""
SHOWN = """
const find = (id) => document.getElementById(id);
return [[find("before").src, find("before").naturalWidth], [find("after").src, find("after").naturalWidth],
    [find("download").href, find("download").download]].map(([url, what]) => [window.types[url], what]);
"""


def release(browser):
    browser.driver.execute_async_script("window.release().then(arguments[0])")


def test_later_choice_wins(browser, gateway):
    """An image that is still converted, to be shown, when another one is chosen is not shown; nothing of it is kept."""
    browser.open(gateway)
    browser.run(HOLD)
    tiff = base64.b64encode(files.encode(files.image(60, 50), "TIFF")).decode()
    browser.run(GIVE, "drop", "a.tif", "image/tiff", tiff)
    browser.wait(lambda: browser.run("return window.countHeld()") == 1, "the TIFF's conversion")
    give(browser, "drop", "b.jpg", "image/jpeg", files.jpeg(40, 30))
    for moment in ("before", "after"):
        assert browser.run(SHOWN) == [["image/jpeg", 40], ["image/jpeg", 40], ["image/jpeg", "b-40x30.jpg"]], moment
        assert browser.text("fact-size") == "40 × 30 → 40 × 30" and browser.text("fact-format") == "JPEG → JPEG"
        assert browser.text("status") == "Done" and "b.jpg" in browser.text("curl")
        assert browser.run("return Object.values(window.types)") == ["image/jpeg"] * 3, moment
        release(browser)


def test_later_request_wins(browser, gateway):
    """A result that is still converted, to be shown, when another one is asked for is dropped."""
    browser.open(gateway)
    browser.run(HOLD)
    give(browser, "drop", "a.jpg", "image/jpeg", files.jpeg(60, 40))
    choose = Select(browser.find("p-format")).select_by_visible_text
    choose("tiff")
    browser.wait(lambda: browser.run("return window.countHeld()") == 1, "the result's conversion")
    browser.settle(lambda: choose("png"))
    for moment in ("before", "after"):
        assert browser.run(SHOWN) == [["image/jpeg", 60], ["image/png", 60], ["image/png", "a-60x40.png"]], moment
        assert browser.text("fact-format") == "JPEG → PNG" and browser.text("status") == "Done"
        assert len(browser.run("return Object.keys(window.types)")) == 3, moment
        release(browser)


def test_download_while_the_next_result_is_made(browser, gateway):
    """The link to a result works until another one is there, and then no blob of the first is kept."""
    browser.open(gateway)
    browser.run(HOLD)
    give(browser, "drop", "a.jpg", "image/jpeg", files.jpeg(60, 40))
    first = browser.find("download").get_attribute("href")
    choose = Select(browser.find("p-format")).select_by_visible_text
    choose("tiff")
    browser.wait(lambda: browser.run("return window.countHeld()") == 1, "the result's conversion")
    assert browser.run("return window.types[arguments[0]]", first) == "image/jpeg"
    browser.settle(lambda: release(browser))
    assert browser.run("return window.types[arguments[0]]", first) is None
    assert browser.run(SHOWN) == [["image/jpeg", 60], ["image/webp", 60], ["image/tiff", "a-60x40.tif"]]


def controls(browser):
    """{name: elements}"""
    found = {}
    for element in browser.driver.find_elements(By.CSS_SELECTOR, "aside [name]"):
        found.setdefault(element.get_attribute("name"), []).append(element)
    return found


def states(browser, elements):
    """(value, a function that sets the control to it) of every value that a control has."""
    first = elements[0]
    kind = first.get_attribute("type")
    if kind == "radio":
        for element in elements:
            label = browser.driver.find_element(By.CSS_SELECTOR, f"label[for={element.get_attribute('id')}]")
            yield element.get_attribute("value"), label.click
        yield "", browser.driver.find_element(By.CSS_SELECTOR, f"label[for=p-{first.get_attribute('name')}-0]").click
    elif kind == "checkbox":
        yield "true", first.click
        yield "", first.click
    elif kind == "select-one":
        for option in Select(first).options:
            yield option.get_attribute("value"), option.click
        yield "", Select(first).options[0].click
    else:
        values = [first.get_attribute("min"), first.get_attribute("max")] if kind == "number" else [
            option.get_attribute("value") for option in
            browser.driver.find_elements(By.CSS_SELECTOR, f"#{first.get_attribute('list')} option")]
        for value in values:
            yield value, lambda value=value: browser.enter(first.get_attribute("id"), value)
        yield "", lambda: browser.enter(first.get_attribute("id"), "")


def test_every_control(browser, gateway):
    """Each control changes the request as the table says, alone, and back; what it gives is accepted by the
    server or refused in a sentence that the page shows."""
    browser.open(gateway)
    give(browser, "drop", "a.png", "image/png", files.encode(files.image(64, 48), "PNG"))
    browser.run("document.getElementById('more').open = true")
    document = curl(gateway.url("/openapi.json")).json()["components"]["schemas"]
    assert len(controls(browser)) >= 23
    for name, elements in controls(browser).items():
        for value, choose in states(browser, elements):
            if shown(browser) == ({name: value} if value else {}):
                continue
            url = browser.settle(choose, f"{name}={value}")
            assert query(url) == ({name: value} if value else {}), name
            assert "enum" not in document[name] or value in ("", *document[name]["enum"])
            refused = browser.find("problem").is_displayed()
            assert refused == (document[name].get("exclusiveMinimum") == 0 and value == "0"), (name, value)
            marked = [item.get_attribute("data-name") for item in
                      browser.driver.find_elements(By.CSS_SELECTOR, ".control.given")]
            assert marked == ([name] if value else [])
    browser.settle(lambda: browser.driver.find_element(By.CSS_SELECTOR, "label[for=p-gray-1]").click())
    assert query(browser.settle(browser.find("reset").click)) == {}


@pytest.mark.parametrize("name, valid, not_valid", [
    ("gravity", ["0.25,5E-1", "+1,-0", "northwest"], ["0..5,1", "e,1", "0,5e-", "up"]),
    ("crop", ["pct:-1.5,+2,5E1,.5e2", "-1,-2,30,40", "square"], ["1.,0,9,9", "pct:--1,0,9,9", "pct:0,0,-9,9"]),
    ("background", ["00000080", "FFFFFF"], ["fff", "gggggg"]),
])
def test_text_controls_know_their_values(browser, gateway, name, valid, not_valid):
    """The pattern of a control is one for browsers too, which read it with the `v` flag: what the server takes is
    valid, and what it never takes is not."""
    browser.open(gateway)
    mismatch = "const [field, value] = arguments; field.value = value; return field.validity.patternMismatch"
    field = browser.find(f"p-{name}")
    assert [value for value in valid + not_valid if browser.run(mismatch, field, value)] == not_valid


def test_curl_line(browser, gateway, photo):
    """The curl line that is shown makes what the page made, whatever the file is called."""
    browser.open(gateway)
    browser.settle(lambda: browser.find("file").send_keys(str(photo)))
    browser.settle(lambda: browser.enter("p-width", "100"))
    browser.settle(lambda: Select(browser.find("p-format")).select_by_visible_text("png"))
    browser.settle(lambda: browser.enter("p-crop", "pct:10,10,50,50"))
    line = browser.text("curl")
    assert shlex.split(line)[:3] == ["curl", "--data-binary", "@it's a photo.jpg"]
    subprocess.run(line + " -sS --noproxy '*'", shell=True, cwd=photo.parent, check=True)
    image = files.decode((photo.parent / "it's a photo-100x75.png").read_bytes())
    assert (image.format, image.size) == ("PNG", (100, 75))
    assert browser.text("fact-size").endswith("→ 100 × 75")
    browser.find("copy").click()
    browser.wait(lambda: browser.text("copy") in ("Copied", "Selected"), "the copy")


def test_format_auto_is_what_curl_asks(browser, gateway):
    """format=auto: the page accepts AVIF and WebP, and says so in the curl line."""
    browser.open(gateway)
    give(browser, "drop", "a.jpg", "image/jpeg", files.jpeg(64, 48))
    browser.settle(lambda: Select(browser.find("p-format")).select_by_visible_text("auto"))
    assert browser.text("fact-format") == "JPEG → AVIF"
    assert "-H 'Accept: image/avif,image/webp'" in browser.text("curl") or "Accept" in browser.text("curl")


def test_refusals(browser, gateway):
    """Problems are shown as they come, with a link to what they mean, and go with the next answer."""
    browser.open(gateway)
    browser.take_sample()
    browser.settle(lambda: browser.enter("p-quality", "101"))
    problem = curl(gateway.url("/image?quality=101"), body=files.jpeg()).json()
    assert browser.text("problem-title") == problem["title"] and browser.text("problem-detail") == problem["detail"]
    assert browser.find("problem-type").get_attribute("href") == gateway.url("/problems/bad-parameter")
    assert not browser.find("facts").is_displayed() and not browser.find("download").is_displayed()
    browser.screenshot("problem")
    browser.settle(lambda: browser.enter("p-quality", "10"))
    assert not browser.find("problem").is_displayed() and browser.find("facts").is_displayed()


def test_not_an_image(browser, gateway):
    """A file that is none is refused by the server, and the next one is taken."""
    browser.open(gateway)
    give(browser, "drop", "a.txt", "text/plain", b"no image at all")
    assert "picture" in browser.text("problem-title") and browser.find("problem").is_displayed()
    give(browser, "paste", "b.jpg", "image/jpeg", files.jpeg(40, 30))
    assert not browser.find("problem").is_displayed() and browser.text("fact-size").endswith("40 × 30")


def test_problem_is_explained(browser, gateway):
    """The link leads to a page that says what to do, without a violation of its own policy."""
    browser.open(gateway)
    browser.driver.get(gateway.url("/problems/overloaded"))
    assert "Retry-After" in browser.driver.find_element(By.TAG_NAME, "main").text
    browser.screenshot("problem-overloaded")


def test_service_that_does_not_answer(browser, own):
    """Without a server the page says so."""
    gateway = own.system()
    browser.open(gateway)
    browser.take_sample()
    gateway.stop()
    browser.settle(lambda: browser.driver.find_element(By.CSS_SELECTOR, "label[for=p-gray-1]").click())
    assert browser.text("problem-title") == "No answer"
    assert all("net::ERR_CONNECTION_REFUSED" in line for line in browser.console())


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_keyboard(browser, gateway, size):
    """From the sample to the slider and the controls with keys alone; focus is seen wherever it is."""
    browser.open(gateway, size)
    driver = browser.driver
    active = lambda: driver.switch_to.active_element
    press = lambda *keys: ActionChains(driver).send_keys(*keys).perform()
    press(Keys.TAB)
    assert active().get_attribute("id") == "file"
    press(Keys.TAB)
    assert active().get_attribute("id") == "sample"
    browser.settle(lambda: press(Keys.ENTER))
    browser.wait(lambda: active().get_attribute("id") == "slider", "the focus on the slider")
    press(Keys.ARROW_LEFT, Keys.ARROW_LEFT)
    assert browser.run("return document.getElementById('frames').style.getPropertyValue('--at')") == "48%"
    seen = []
    while active().get_attribute("id") != "p-gray-0":
        press(Keys.TAB)
        seen.append(active().get_attribute("id") or active().tag_name)
        assert len(seen) < 40, seen
    assert {"download", "another", "copy", "p-width", "p-format"} <= set(seen)
    url = browser.settle(lambda: press(Keys.ARROW_RIGHT))
    assert query(url) == {"gray": "luma"}
    outline = "return getComputedStyle(document.activeElement.closest('.segments')).outlineWidth"
    assert browser.run(outline) == "3px"


# What has the focus: its name, and whether the upper end of it can be seen: of a radio button, that of its row.
FOCUS = """
const active = document.activeElement;
const box = (active.closest(".segments") || active).getBoundingClientRect();
const top = document.elementFromPoint(box.left + box.width / 2, box.top + Math.min(box.height, 20) / 2);
const seen = top !== null && (active.contains(top) || top.contains(active) || top.control === active
    || (active.closest(".segments") || active).contains(top));
return [active.id || active.textContent, seen && box.top >= 0 && !top.matches("html, body, form, main, aside")];
"""


@pytest.mark.parametrize("size", [WIDE, NARROW, LOW], ids=["wide", "narrow", "low"])
def test_focus_is_seen(browser, gateway, size):
    """Nothing that has the focus is behind the image, nor outside of the window, forwards and backwards."""
    browser.open(gateway, size)
    browser.take_sample()
    browser.run("document.getElementById('more').open = true")
    forwards = lambda keys: keys.send_keys(Keys.TAB)
    backwards = lambda keys: keys.key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT)
    for start, end, press in (("#slider", "footer a", forwards), ("footer a", "#slider", backwards)):
        browser.run("document.querySelector(arguments[0]).focus()", start)
        last, seen = browser.driver.find_element(By.CSS_SELECTOR, end), []
        while browser.driver.switch_to.active_element != last:
            press(ActionChains(browser.driver)).perform()
            seen.append(browser.run(FOCUS))
            assert len(seen) < 60, seen
        assert len(seen) >= 25 and [name for name, visible in seen if not visible] == []


IN_SIGHT = """
const box = arguments[0].getBoundingClientRect();
const points = [[box.left + 8, box.top + 8], [box.left + box.width / 2, box.top + box.height / 2],
    [box.right - 8, box.bottom - 8]];
return points.every(([x, y]) => arguments[0].contains(document.elementFromPoint(x, y)));
"""


@pytest.mark.parametrize("size", [WIDE, NARROW, LOW], ids=["wide", "narrow", "low"])
def test_problem_is_in_sight(browser, gateway, size):
    """Wherever the control is that caused it; its link can be followed, and the control stays where it is."""
    browser.open(gateway, size)
    browser.take_sample()
    browser.run("document.getElementById('more').open = true")
    control = browser.find("p-effort")
    browser.run("arguments[0].focus()", control)
    above = browser.run("return arguments[0].getBoundingClientRect().top", control)
    browser.settle(lambda: browser.enter("p-effort", "99"))
    assert browser.find("problem").get_attribute("role") == "alert" and "effort" in browser.text("problem-detail")
    assert browser.run(IN_SIGHT, browser.find("problem"))
    assert abs(browser.run("return arguments[0].getBoundingClientRect().top", control) - above) < 5
    assert browser.driver.switch_to.active_element == control
    browser.screenshot(f"problem-{size[0]}")
    browser.find("problem-type").click()
    assert browser.driver.current_url == gateway.url("/problems/bad-parameter")


def test_slider(browser, gateway):
    """The slider is a range that moves the line between the two images."""
    browser.open(gateway)
    browser.take_sample()
    clips = "return ['before', 'after'].map((name) => getComputedStyle(document.getElementById(name)).clipPath)"
    browser.find("slider").send_keys(Keys.HOME)
    assert browser.run(clips) == ["inset(0px calc(100%) 0px 0px)", "inset(0px 0px 0px 0%)"] or \
        "100%" in browser.run(clips)[0]
    browser.find("slider").send_keys(Keys.END)
    assert "100%" in browser.run(clips)[1]


def test_without_scripts(browser, gateway, photo):
    """The plain form is posted to /image, and the browser shows what comes."""
    browser.open(gateway, scripts=False)
    assert not browser.find("sample").is_displayed() and not browser.find("work").is_displayed()
    browser.screenshot("plain-form")
    browser.find("file").send_keys(str(photo))
    browser.driver.find_element(By.CSS_SELECTOR, "label[for=p-gray-1]").click()
    browser.find("p-width").send_keys("64")
    browser.driver.find_element(By.CSS_SELECTOR, "button[type=submit]").click()
    browser.wait(lambda: browser.driver.current_url == gateway.url("/image"), "the answer")
    assert browser.driver.execute_cdp_cmd("Page.getResourceTree", {})["frameTree"]["frame"]["mimeType"] == "image/jpeg"
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


CONTRAST = """
const luminance = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).slice(0, 3).map((value) => value / 255)
        .map((value) => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const background = (element) => {
    for (; element; element = element.parentElement) {
        const colour = getComputedStyle(element).backgroundColor;
        if (!/, 0\\)$/.test(colour))
            return colour;
    }
    return getComputedStyle(document.documentElement).backgroundColor;
};
const low = [];
for (const element of document.querySelectorAll("p, a, dd, dt, b, h2, h3, label, legend, button, input, select, summary, code, span")) {
    if (!element.checkVisibility() || element.matches(".tag, [type=radio], [type=range]"))
        continue;
    const [one, other] = [getComputedStyle(element).color, background(element)].map(luminance);
    const ratio = (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
    if (ratio < 4.5)
        low.push(`${element.tagName} ${element.id} ${element.className} ${ratio.toFixed(2)}`);
}
return low;
"""


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_looks(browser, gateway, size, dark):
    """Light and dark, wide and narrow: nothing wider than the window, text with a contrast of 4.5 (WCAG AA), and
    a screenshot of each, for a look."""
    name = f"{'dark' if dark else 'light'}-{size[0]}"
    browser.open(gateway, size, dark)
    browser.screenshot(f"{name}-empty")
    browser.take_sample()
    browser.settle(lambda: browser.driver.find_element(By.CSS_SELECTOR, "label[for=p-gray-1]").click())
    browser.screenshot(name)
    browser.run("document.getElementById('more').open = true")
    browser.screenshot(f"{name}-more")
    assert browser.run("return document.documentElement.scrollWidth") <= size[0]
    assert browser.run(CONTRAST) == []
    paper = browser.run("return getComputedStyle(document.documentElement).backgroundColor")
    assert (max(map(int, paper[4:-1].split(","))) < 60) == dark


def test_reduced_motion(browser, gateway):
    """Who wants no motion gets none."""
    browser.open(gateway)
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    assert browser.run("return getComputedStyle(document.getElementById('reset')).transitionDuration") == "0s"


SPY = """
window.authorizations = [];
const real = window.fetch;
window.fetch = (url, options) => {
    window.authorizations.push(options.headers.Authorization || "");
    return real(url, options);
};
"""


@pytest.fixture
def guarded(own, tmp_path):
    """A gateway whose images need a token."""
    tokens = tmp_path / "tokens"
    tokens.write_text("s3cret\n")
    tokens.chmod(0o640)
    return own.system(auth__tokens_file=str(tokens))


def test_token(browser, guarded):
    """A 401 asks for a token, which goes with every request from then on and is kept nowhere else."""
    browser.open(guarded)
    browser.run(SPY)
    browser.take_sample()
    assert browser.find("ask").is_displayed() and browser.text("problem-title") == "The request needs a valid token"
    browser.find("token").send_keys("wrong")
    browser.settle(browser.find("send-token").click)
    assert browser.find("ask").is_displayed() and browser.find("token").get_attribute("value") == ""
    browser.settle(lambda: browser.find("token").send_keys("s3cret", Keys.ENTER))
    assert not browser.find("ask").is_displayed() and browser.find("facts").is_displayed()
    browser.settle(lambda: browser.driver.find_element(By.CSS_SELECTOR, "label[for=p-gray-1]").click())
    assert browser.run("return window.authorizations") == ["", "Bearer wrong", "Bearer s3cret", "Bearer s3cret"]
    assert '-H "Authorization: Bearer $TOKEN"' in browser.text("curl") and "s3cret" not in browser.driver.page_source
    assert browser.run("return [localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


@pytest.mark.parametrize("size", [NARROW, LOW], ids=["narrow", "low"])
def test_token_where_there_is_little_room(browser, guarded, size):
    """The question is in sight and can be answered, wherever the page is scrolled to."""
    browser.open(guarded, size)
    browser.take_sample()
    browser.run("scrollTo(0, document.documentElement.scrollHeight)")
    assert browser.run(IN_SIGHT, browser.find("ask"))
    browser.screenshot(f"token-{size[0]}")
    browser.find("token").send_keys("s3cret")
    browser.settle(browser.find("send-token").click)
    assert not browser.find("ask").is_displayed() and browser.find("facts").is_displayed()


def test_token_for_what_the_browser_cannot_show(browser, guarded):
    """What could not be converted without a token is shown once there is one."""
    browser.open(guarded)
    give(browser, "drop", "a.tif", "image/tiff", files.encode(files.image(50, 40), "TIFF"))
    assert browser.find("ask").is_displayed()
    browser.find("token").send_keys("s3cret")
    browser.settle(browser.find("send-token").click)
    assert browser.text("fact-size") == "50 × 40 → 50 × 40"
    assert browser.run("return document.getElementById('before').naturalWidth") == 50
    assert browser.find("before").is_displayed() and browser.find("after").is_displayed()


@pytest.mark.parametrize("word", ["€uro", "tókén", "two words", ""])
def test_what_is_no_token(browser, guarded, word):
    """What no token can be is not sent; the page says so, and keeps asking."""
    browser.open(guarded)
    browser.run(SPY)
    browser.take_sample()
    browser.settle(lambda: browser.find("token").send_keys(word, Keys.ENTER))
    assert browser.text("problem-title") == "This is no token" and browser.find("ask").is_displayed()
    browser.settle(lambda: browser.find("token").send_keys("s3cret", Keys.ENTER))
    assert not browser.find("problem").is_displayed() and browser.find("facts").is_displayed()
    assert browser.run("return window.authorizations") == ["", "Bearer s3cret"]


def test_token_without_scripts(browser, guarded):
    """A form cannot send one: none is seen, and a sentence says why and what to do."""
    browser.open(guarded, scripts=False)
    assert [element for element in browser.driver.find_elements(By.CSS_SELECTOR, "form, input, button, select")
            if element.is_displayed()] == []
    text = browser.driver.find_element(By.TAG_NAME, "body").text
    assert "asks for a token" in text and f"{guarded.url('/image')}?width=512" in text
    browser.screenshot("token-without-scripts")
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
