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
    let file = null; /* what was chosen */
    let token = ""; /* kept here and nowhere else */
    let made = null; /* {blob, width, height} of the last result */
    let running = null; /* the request in progress, to be aborted by the next one */
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

    const baseName = () => file.name.replace(/\.[^.]*$/, "") || "image";

    const resultName = () => {
        const size = made.width ? `-${made.width}x${made.height}` : "-new";
        return `${baseName()}${size}.${extensions[made.blob.type] || "img"}`;
    };

    const curlLine = () => {
        const words = ["curl"];
        if (token !== "")
            words.push("-H", '"Authorization: Bearer $TOKEN"');
        if (asksAuto())
            words.push("-H", quote(`Accept: ${ACCEPT}`));
        words.push("--data-binary", quote(`@${file.name === "-" ? "./-" : file.name}`));
        words.push(quote(`${location.origin}/image${query()}`));
        words.push("-o", quote(made !== null ? resultName() : `${baseName()}-new`));
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

    /* --- what is shown ----------------------------------------------------------------------- */

    const show = (id, visible) => {
        find(id).hidden = !visible;
    };

    const say = (text) => {
        find("status").textContent = text;
    };

    const showLine = () => {
        show("line", file !== null);
        if (file !== null)
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

    /* Of an image's `src` or a link's `href`; the blob that it had is freed. */
    const replaceUrl = (element, attribute, blob) => {
        const old = element.getAttribute(attribute);
        element.setAttribute(attribute, URL.createObjectURL(blob));
        if (old)
            URL.revokeObjectURL(old);
    };

    const headers = () => (token !== "" ? { Authorization: `Bearer ${token}` } : {});

    /* Shows an image; one that the browser does not know (TIFF, HEIC) as a WebP made here. */
    const showImage = async (image, blob) => {
        replaceUrl(image, "src", blob);
        image.hidden = false;
        try {
            await image.decode();
        } catch {
            const reply = await fetch("/image?format=webp", { method: "POST", body: blob, headers: headers() });
            if (!reply.ok)
                return;
            replaceUrl(image, "src", await reply.blob());
            await image.decode().catch(() => {});
        }
    };

    const showFacts = (reply) => {
        const before = find("before");
        const times = timings(reply.headers.get("Server-Timing"));
        const saved = 100 - (100 * made.blob.size) / file.size;
        const share = document.createElement("b");
        share.textContent = saved >= 0 ? `${saved.toFixed(0)} % saved` : `${(-saved).toFixed(0)} % more`;
        find("fact-size").textContent =
            `${before.naturalWidth} × ${before.naturalHeight} → ${made.width} × ${made.height}`;
        find("fact-bytes").replaceChildren(`${bytes(file.size)} → ${bytes(made.blob.size)} `, share);
        find("fact-format").textContent = `${formatName(file.type)} → ${formatName(made.blob.type)}`;
        find("fact-queue").textContent = times.queue ? milliseconds(times.queue) : "";
        find("fact-work").textContent = times.work ? milliseconds(times.work) : "";
        find("fact-path").textContent = (times.work && times.work.path) || "";
        show("facts", true);
    };

    const showResult = async (reply, blob) => {
        made = { blob, width: reply.headers.get("Image-Width"), height: reply.headers.get("Image-Height") };
        form.classList.remove("refused");
        show("problem", false);
        show("ask", false);
        await showImage(find("after"), blob);
        find("frames").classList.add("compared");
        showFacts(reply);
        replaceUrl(find("download"), "href", blob);
        find("download").download = resultName();
        show("download", true);
        say("Done");
    };

    /* --- requests ---------------------------------------------------------------------------- */

    const send = async (signal) => {
        const accept = asksAuto() ? { Accept: `${ACCEPT},*/*;q=0.1` } : {};
        const reply = await fetch(`/image${query()}`, {
            method: "POST", body: file, headers: { ...headers(), ...accept }, signal,
        });
        if (reply.ok)
            await showResult(reply, await reply.blob());
        else
            showProblem(await reply.json());
    };

    const run = async () => {
        clearTimeout(timer);
        if (file === null)
            return;
        if (running !== null)
            running.abort();
        const mine = new AbortController();
        running = mine;
        form.classList.add("busy");
        say("Working");
        showLine();
        try {
            await send(mine.signal);
        } catch (error) {
            if (mine.signal.aborted)
                return;
            showProblem({ title: "No answer", detail: "The service could not be reached, or did not answer." });
        }
        if (running === mine) {
            form.classList.remove("busy");
            showLine();
        }
    };

    /* Marks what is given, and asks anew a moment later. */
    const change = () => {
        const given = new Set(asked().map(([name]) => name));
        for (const control of form.querySelectorAll(".control"))
            control.classList.toggle("given", given.has(control.dataset.name));
        clearTimeout(timer);
        timer = setTimeout(run, DELAY_MS);
    };

    const take = async (chosen) => {
        if (!chosen)
            return;
        file = chosen;
        made = null;
        show("start", false);
        show("work", true);
        show("facts", false);
        show("download", false);
        show("after", false);
        find("frames").classList.remove("compared");
        await showImage(find("before"), file);
        await run();
        if (document.activeElement === document.body)
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

    const drawSample = () => {
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
        canvas.toBlob((blob) => take(new File([blob], "sample.jpg", { type: blob.type })), "image/jpeg", 0.92);
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
        token = find("token").value;
        find("token").value = "";
        run();
    };

    const listen = () => {
        find("file").addEventListener("change", (event) => take(event.target.files[0]));
        find("another").addEventListener("click", () => find("file").click());
        find("sample").addEventListener("click", drawSample);
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
