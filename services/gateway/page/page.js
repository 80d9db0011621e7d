"use strict";
/* The page of the gateway. Without it the form works as forms do: it is posted to /image. With it, the file is
 * sent as a request's body and the controls as its query, as the curl line that is shown does. */
(() => {
    const find = (id) => document.getElementById(id);
    const form = find("form");
    const extensions = {
        "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "image/avif": "avif",
        "image/gif": "gif", "image/tiff": "tif", "image/heic": "heic",
    };
    const ACCEPT = "image/avif,image/webp";
    const DELAY_MS = 200; /* after the last change of a control */
    const NO_ANSWER = { title: "No answer", detail: "The service could not be reached, or did not answer." };
    const NO_TOKEN = { /* as if the service had said it */
        status: 401,
        title: "This is no token",
        detail: "A token has letters, digits and signs of ASCII alone, and no spaces.",
    };
    let token = ""; /* kept here and nowhere else */
    let source = null; /* what was chosen: {file, image, ready, lifetime} */
    let result = null; /* what the last request made of it: {blob, image, width, height, times, lifetime} */
    let request = null; /* the lifetime of the request in progress */
    let timer = 0;

    /* --- what is asked for ------------------------------------------------------------------- */

    /* [[name, value]] of the controls that are not as they were. */
    const asked = () => [...new FormData(form)].filter(([, value]) => typeof value === "string" && value !== "");

    const encode = (text) => encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3A/g, ":");

    const query = () => {
        const pairs = asked().map(([name, value]) => `${name}=${encode(value)}`);
        return pairs.length > 0 ? `?${pairs.join("&")}` : "";
    };

    const asksAuto = () => asked().some(([name, value]) => name === "format" && value === "auto");

    /* --- words ------------------------------------------------------------------------------- */

    const quote = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replace(/'/g, "'\\''")}'`);

    const baseName = () => source.file.name.replace(/\.[^.]*$/, "") || "image";

    const resultName = () => {
        const extension = extensions[result.blob.type] || "img";
        return `${baseName()}-${result.width}x${result.height}.${extension}`;
    };

    const curlLine = () => {
        const name = source.file.name;
        const words = ["curl"];
        if (token !== "")
            words.push("-H", '"Authorization: Bearer $TOKEN"');
        if (asksAuto())
            words.push("-H", quote(`Accept: ${ACCEPT}`));
        words.push("--data-binary", quote(`@${name === "-" ? "./-" : name}`));
        words.push(quote(`${location.origin}/image${query()}`));
        words.push("-o", quote(result !== null ? resultName() : `${baseName()}-new`));
        return words.join(" ");
    };

    const bytes = (count) => {
        if (count < 1000)
            return `${count} B`;
        return count < 1e6 ? `${(count / 1000).toFixed(1)} kB` : `${(count / 1e6).toFixed(2)} MB`;
    };

    const milliseconds = (time) => `${Number(time.ms).toFixed(2)} ms`;

    const formatName = (type) => type.replace("image/", "").toUpperCase() || "?";

    /* Server-Timing: name;dur=1.5;desc="text" */
    const timings = (field) => {
        const found = {};
        for (const [, name, ms, , path] of (field || "").matchAll(/(\w+);dur=([\d.]+)(;desc="([^"]*)")?/g))
            found[name] = { ms, path };
        return found;
    };

    /* --- images ------------------------------------------------------------------------------ */

    /* What is done for a source, or by a request, has a lifetime, an AbortController, to which its requests and the
     * URLs of its blobs are bound. The next source or request aborts it: then requests end, URLs are freed, and
     * what waits for any of it fails. So what is late changes nothing: what is shown is set behind the last wait. */
    const makeUrl = (blob, signal) => {
        signal.throwIfAborted();
        const url = URL.createObjectURL(blob);
        signal.addEventListener("abort", () => URL.revokeObjectURL(url));
        return url;
    };

    const post = (parameters, body, signal, fields) => {
        const headers = { ...fields };
        if (token !== "")
            headers.Authorization = `Bearer ${token}`;
        return fetch(`/image${parameters}`, { method: "POST", body, headers, signal });
    };

    /* An image of a blob; null: of no format that the browser knows. */
    const loadKnown = async (blob, signal) => {
        const image = new Image();
        image.src = makeUrl(blob, signal);
        const known = await image.decode().then(() => true, () => false);
        signal.throwIfAborted();
        return known ? image : null;
    };

    /* The same of any format: one that the browser does not know (TIFF, HEIC) as a WebP made here. null: there is
     * none, because the service refused, or did not answer. */
    const load = async (blob, signal) => {
        const image = await loadKnown(blob, signal);
        if (image !== null)
            return image;
        try {
            const reply = await post("?format=webp", blob, signal);
            return reply.ok ? await loadKnown(await reply.blob(), signal) : null;
        } catch {
            signal.throwIfAborted();
            return null;
        }
    };

    /* --- what is shown ----------------------------------------------------------------------- */

    const show = (id, visible) => {
        find(id).hidden = !visible;
    };

    const say = (text) => {
        find("status").textContent = text;
    };

    const showLine = () => {
        show("line", true);
        find("curl").textContent = curlLine();
    };

    const showProblem = (problem) => {
        form.classList.add("refused");
        show("problem", true);
        find("problem-title").textContent = problem.title;
        find("problem-detail").textContent = problem.detail !== problem.title ? problem.detail || "" : "";
        show("problem-type", Boolean(problem.type));
        if (problem.type)
            find("problem-type").href = problem.type;
        show("ask", problem.status === 401);
        if (problem.status === 401)
            find("token").focus();
        say("");
    };

    const hideProblem = () => {
        form.classList.remove("refused");
        show("problem", false);
        show("ask", false);
    };

    /* Puts a loaded image where "before" or "after" stands; null: nothing is shown there. */
    const place = (id, image) => {
        show(id, false);
        if (image === null)
            return;
        image.id = id;
        image.alt = find(id).alt;
        find(id).replaceWith(image);
    };

    const showFacts = () => {
        const { file, image } = source;
        const { blob, times } = result;
        const saved = 100 - (100 * blob.size) / file.size;
        const share = document.createElement("b");
        share.textContent = saved >= 0 ? `${saved.toFixed(0)} % saved` : `${(-saved).toFixed(0)} % more`;
        const size = image !== null ? `${image.naturalWidth} × ${image.naturalHeight} ` : ""; /* else not known */
        find("fact-size").textContent = `${size}→ ${result.width} × ${result.height}`;
        find("fact-bytes").replaceChildren(`${bytes(file.size)} → ${bytes(blob.size)} `, share);
        find("fact-format").textContent = `${formatName(file.type)} → ${formatName(blob.type)}`;
        find("fact-queue").textContent = times.queue ? milliseconds(times.queue) : "";
        find("fact-work").textContent = times.work ? milliseconds(times.work) : "";
        find("fact-path").textContent = (times.work && times.work.path) || "";
        show("facts", true);
    };

    const showResult = () => {
        hideProblem();
        place("after", result.image);
        find("frames").classList.toggle("compared", source.image !== null && result.image !== null);
        showFacts();
        find("download").href = makeUrl(result.blob, result.lifetime.signal);
        find("download").download = resultName();
        show("download", true);
        say("Done");
    };

    /* --- requests ---------------------------------------------------------------------------- */

    /* Shows the source as "before". If it cannot be shown, the next request tries again, maybe with a token. */
    const showSource = async (mine) => {
        mine.image = await load(mine.file, mine.lifetime.signal);
        mine.lifetime.signal.throwIfAborted();
        if (mine.image === null)
            mine.ready = null;
        place("before", mine.image);
    };

    /* {problem}, or what a result is but for its lifetime. */
    const send = async (mine, signal) => {
        mine.ready ??= showSource(mine);
        await mine.ready;
        const accept = asksAuto() ? { Accept: `${ACCEPT},*/*;q=0.1` } : {};
        const reply = await post(query(), mine.file, signal, accept);
        if (!reply.ok)
            return { problem: await reply.json() };
        const blob = await reply.blob();
        const [width, height] = ["Image-Width", "Image-Height"].map((name) => reply.headers.get(name));
        const times = timings(reply.headers.get("Server-Timing"));
        return { blob, width, height, times, image: await load(blob, signal) };
    };

    const run = async () => {
        clearTimeout(timer);
        if (source === null)
            return;
        request?.abort();
        const lifetime = new AbortController();
        request = lifetime;
        form.classList.add("busy");
        say("Working");
        showLine();
        const answer = await send(source, lifetime.signal).catch(() => ({ problem: NO_ANSWER }));
        if (lifetime.signal.aborted)
            return;
        request = null;
        form.classList.remove("busy");
        if (answer.problem) {
            showProblem(answer.problem);
        } else {
            result?.lifetime.abort();
            result = { ...answer, lifetime };
            showResult();
        }
        showLine();
    };

    /* Marks what is given, and asks anew a moment later. */
    const change = () => {
        const given = new Set(asked().map(([name]) => name));
        for (const control of form.querySelectorAll(".control"))
            control.classList.toggle("given", given.has(control.dataset.name));
        clearTimeout(timer);
        timer = setTimeout(run, DELAY_MS);
    };

    const take = async (file) => {
        if (!file)
            return;
        source?.lifetime.abort();
        result?.lifetime.abort();
        result = null;
        const mine = { file, image: null, ready: null, lifetime: new AbortController() };
        source = mine;
        show("start", false);
        show("work", true);
        for (const id of ["before", "after", "facts", "download"])
            show(id, false);
        find("frames").classList.remove("compared");
        hideProblem();
        await run();
        if (source === mine && document.activeElement === document.body)
            find("slider").focus({ preventScroll: true }); /* what had the focus has gone */
    };

    /* --- the sample: hills at dusk ----------------------------------------------------------- */

    const hill = (pen, width, height, top, swing, colour) => {
        pen.fillStyle = colour;
        pen.beginPath();
        pen.moveTo(0, height);
        for (let x = 0; x <= width; x += 4) {
            const y = top + swing * Math.sin((x * (2 + swing / 40)) / width + top)
                + (swing / 3) * Math.sin((x * 11) / width + swing);
            pen.lineTo(x, y);
        }
        pen.lineTo(width, height);
        pen.fill();
    };

    const drawSample = () => new Promise((resolve) => {
        const canvas = document.createElement("canvas");
        const [width, height] = [canvas.width, canvas.height] = [1600, 1067];
        const pen = canvas.getContext("2d");
        const sky = pen.createLinearGradient(0, 0, 0, height * 0.8);
        for (const [at, colour] of [[0, "#23355f"], [0.4, "#a6577a"], [0.7, "#ee9559"], [1, "#fbd78a"]])
            sky.addColorStop(at, colour);
        pen.fillStyle = sky;
        pen.fillRect(0, 0, width, height);
        const sun = pen.createRadialGradient(1080, 560, 20, 1080, 560, 420);
        for (const [at, colour] of [[0, "#fffbe6"], [0.16, "#ffe9a8"], [0.2, "#ffd98788"], [1, "#ffd98700"]])
            sun.addColorStop(at, colour);
        pen.fillStyle = sun;
        pen.fillRect(0, 0, width, height);
        hill(pen, width, height, 690, 60, "#a4667e");
        hill(pen, width, height, 760, 85, "#6d4f76");
        hill(pen, width, height, 850, 70, "#3d4468");
        hill(pen, width, height, 950, 60, "#1f3a45");
        hill(pen, width, height, 1020, 30, "#10261f");
        canvas.toBlob((blob) => resolve(new File([blob], "sample.jpg", { type: blob.type })), "image/jpeg", 0.92);
    });

    const takeSample = async () => {
        const before = source;
        const sample = await drawSample();
        if (source === before) /* nothing was chosen meanwhile */
            take(sample);
    };

    /* --- events ------------------------------------------------------------------------------ */

    const move = () => {
        find("frames").style.setProperty("--at", `${find("slider").value}%`);
    };

    const copy = async () => {
        const button = find("copy");
        try {
            await navigator.clipboard.writeText(find("curl").textContent);
        } catch { /* not a secure context: the line is selected, for the user to copy */
            getSelection().selectAllChildren(find("curl"));
            button.textContent = document.execCommand("copy") ? "Copied" : "Selected";
            return;
        }
        button.textContent = "Copied";
        setTimeout(() => {
            button.textContent = "Copy";
        }, 2000);
    };

    const useToken = () => {
        const given = find("token").value.trim();
        find("token").value = "";
        if (/^[\x21-\x7e]+$/.test(given)) {
            token = given;
            run();
        } else {
            showProblem(NO_TOKEN); /* another one cannot stand in a header field */
        }
    };

    const listen = () => {
        find("file").addEventListener("change", (event) => take(event.target.files[0]));
        find("another").addEventListener("click", () => find("file").click());
        find("sample").addEventListener("click", takeSample);
        find("slider").addEventListener("input", move);
        find("copy").addEventListener("click", copy);
        find("send-token").addEventListener("click", useToken);
        find("token").addEventListener("keydown", (event) => {
            if (event.key === "Enter") {
                event.preventDefault();
                useToken();
            }
        });
        for (const name of ["input", "change"])
            form.querySelector("aside").addEventListener(name, change);
        form.addEventListener("submit", (event) => {
            event.preventDefault();
            run();
        });
        form.addEventListener("reset", () => setTimeout(change));
        document.addEventListener("paste", (event) => take(event.clipboardData.files[0]));
        document.addEventListener("dragover", (event) => {
            event.preventDefault();
            document.body.classList.add("dropping");
        });
        document.addEventListener("dragleave", () => document.body.classList.remove("dropping"));
        document.addEventListener("drop", (event) => {
            event.preventDefault();
            document.body.classList.remove("dropping");
            take(event.dataTransfer.files[0]);
        });
    };

    document.documentElement.classList.add("scripting");
    find("file").required = false;
    listen();
})();
