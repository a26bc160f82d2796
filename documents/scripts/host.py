"""What every host script shares: arguments, the host's lock and fence, the one JSON result, values from Parameter Store."""

import base64
import configparser
import contextlib
import datetime
import fcntl
import hashlib
import hmac
import json
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request

# A host of the embedded engine is a folder: its root stands before every path of the host.
ROOT = os.environ.get("CHRONOS_HOST_ROOT", "")
STATE = ROOT + "/var/lib/chronos-deploy"
SHORTEST_SECRET = 4
CHUNK = 1 << 20
# A result takes at most 4 KB: bytes of JSON that its two texts may take.
MESSAGE_BYTES = 1200
EXCERPT_BYTES = 2200


class StepFailed(Exception):
    """Ends a step as failed; the text is the sentence that people read."""

    def __init__(self, message, excerpt="", error=None):
        super().__init__(message)
        self.excerpt = excerpt
        self.error = error


class Step:
    """One step of one run on this host."""

    def __init__(self, arguments):
        self.run_id, self.name, fence, seconds, plan = arguments
        self.fence = int(fence)
        self.deadline = time.monotonic() + int(seconds)
        self.plan = json.loads(base64.b64decode(plan)) if plan else {}
        self.folder = os.path.join(STATE, "runs", self.run_id)
        self.log_path = os.path.join(self.folder, self.name + ".log")
        self.secrets = []
        self.facts = {}
        self.lock = None

    def remaining(self):
        return max(self.deadline - time.monotonic(), 0)

    def path(self, name):
        return os.path.join(self.folder, self.name + name)

    def run(self, command, what, cwd=None, user=None, output=None):
        """
        Runs a command with its output in the step's log, or standard output in the file `output`; ends it, and all it
        started, at the deadline.
        """
        environment = {
            "PATH": os.environ.get("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            "HOME": ROOT + "/root",
            "LANG": "C.UTF-8",
            "GIT_TERMINAL_PROMPT": "0",
        }
        if ROOT:
            environment["CHRONOS_HOST_ROOT"] = ROOT
        if user and not ROOT and os.geteuid() == 0:
            environment["HOME"] = pwd.getpwnam(user).pw_dir
            command = ["runuser", "-u", user, "--"] + command
        # What a program prints has no name on the disk until it is masked: the step may be killed at any time.
        with tempfile.TemporaryFile(dir=self.folder) as raw, open(self.log_path, "a", encoding="utf-8") as log:
            start = log.tell()
            process = subprocess.Popen(
                command, cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=output or raw, stderr=raw, start_new_session=True
            )
            with killed_with_step(process.pid, self.lock):
                code = self.follow(process, raw, log)
        if code is None:
            raise StepFailed(f"{what} did not end within its time and was stopped", self.excerpt(start))
        if code < 0:
            raise StepFailed(f"{what} was killed by signal {-code}", self.excerpt(start))
        if code != 0:
            raise StepFailed(f"{what} exited with code {code}", self.excerpt(start))

    def follow(self, process, raw, log):
        """Copies what a program prints to the log until it ends; its exit code, or None when it had to be stopped."""
        done = 0
        code = process.poll()
        while code is None and self.remaining() > 0:
            try:
                process.wait(timeout=min(self.remaining(), 0.5))
            except subprocess.TimeoutExpired:
                pass
            done += self.copy_masked(raw, log, done)
            code = process.poll()
        if code is None:
            stop_group(process)
        self.copy_masked(raw, log, done, last=True)
        return code

    def copy_masked(self, raw, log, begin, last=False):
        """Appends whole lines of `raw` to `log`, secrets masked; the number of bytes taken."""
        taken = 0
        while True:
            data = os.pread(raw.fileno(), CHUNK, begin + taken)
            end = len(data) if last or len(data) == CHUNK else data.rfind(b"\n") + 1
            if end == 0:
                log.flush()
                return taken
            log.write(self.mask(data[:end].decode("utf-8", "replace")))
            taken += end

    def excerpt(self, start=0):
        """The end of the log, which is masked already."""
        with open(self.log_path, "rb") as log:
            log.seek(start)
            return log.read().decode("utf-8", "replace").strip()

    def mask(self, text):
        forms = {form for secret in self.secrets for form in spellings(secret) if len(form) >= SHORTEST_SECRET}
        for form in sorted(forms, key=len, reverse=True):
            text = text.replace(form, "****")
        return text

    def values(self):
        """The value of every parameter of the plan; secrets are remembered for masking."""
        sources = self.plan["values"]
        names = {f"{s['path']}:{s['version']}": name for name, s in sources.items() if "path" in s}
        values = {name: s["default"] for name, s in sources.items() if "default" in s}
        found = get_parameters(list(names))
        missing = [key for key in names if key not in found]
        if missing:
            raise StepFailed("Parameter Store does not give " + ", ".join(sorted(missing)))
        values.update({names[key]: value for key, value in found.items()})
        self.secrets = [values[name] for name, source in sources.items() if source["secret"]]
        return values


def spellings(secret):
    """A secret as it is, and as files, shells, URLs and encoders write it."""
    escaped = secret.replace("\\", "\\\\").replace('"', '\\"')
    return [
        secret,
        escaped,
        escaped.replace("$", "\\$"),
        secret.replace("'", "'\\''"),
        json.dumps(secret)[1:-1],
        urllib.parse.quote(secret, safe=""),
        base64.b64encode(secret.encode()).decode().rstrip("="),
    ]


def main(action, exclusive=True):
    """Runs a step, prints its one JSON result and keeps it under the run's id. A step that has a result is not run again."""
    step = Step(sys.argv[1:])
    os.umask(0o077)
    os.makedirs(step.folder, exist_ok=True)
    kept = read_result(step)
    if kept:
        print(json.dumps(kept))
        sys.exit(0 if kept["status"] == "succeeded" else 1)
    write_whole(step.path(".pid"), str(os.getpid()))
    try:
        if exclusive:
            step.lock = hold_host(step)
        message = action(step)
        result = make_result(step, "succeeded", message)
    except StepFailed as error:
        result = make_result(step, "failed", step.mask(str(error)), error.excerpt, error.error)
    except Exception as error:
        result = make_result(step, "failed", step.mask(f"{type(error).__name__}: {error}"))
    write_whole(step.path(".json"), json.dumps(result))
    print(json.dumps(result))
    sys.exit(0 if result["status"] == "succeeded" else 1)


def make_result(step, status, message, excerpt="", error=None):
    while len(json.dumps(message)) > MESSAGE_BYTES:
        message = message[: len(message) * 9 // 10]
    while len(json.dumps(excerpt)) > EXCERPT_BYTES:
        excerpt = excerpt[len(excerpt) // 10 + 1 :]
    result = {
        "schema": "chronos-host-result/1",
        "runId": step.run_id,
        "step": step.name,
        "status": status,
        "message": message,
        "facts": step.facts,
    }
    if excerpt:
        result["excerpt"] = excerpt
    if error:
        result["error"] = error
    return result


def read_result(step):
    try:
        with open(step.path(".json"), encoding="utf-8") as kept:
            return json.load(kept)
    except FileNotFoundError:
        return None


def hold_host(step):
    """One step at a time on a host, and none of a run whose fencing number is lower than the highest seen."""
    lock = open(os.path.join(STATE, "lock"), "a+")
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if step.remaining() == 0:
                raise StepFailed("another step still runs on this host")
            time.sleep(0.2)
    lock.seek(0)
    highest = int(lock.read() or 0)
    if step.fence < highest:
        raise StepFailed(
            f"a newer deployment (fence {highest}) has been here; this one has fence {step.fence}", error="LockLost"
        )
    lock.truncate(0)
    lock.write(str(step.fence))
    lock.flush()
    return lock


@contextlib.contextmanager
def killed_with_step(group, lock):
    """
    Ends a process group when this script is killed: the agent kills the script's own group only, and what goes on
    after it would meet the next step. The watcher keeps the host's lock until that is done.
    """
    watcher = subprocess.Popen(
        ["sh", "-c", 'read -r _ || kill -s KILL -- "-$1"', "sh", str(group)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        pass_fds=[lock.fileno()] if lock else [],
    )
    try:
        yield
    finally:
        watcher.communicate(b"\n")


def stop_group(process):
    """Asks a process and all that it started to end, then makes them."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def write_whole(path, text, mode=0o600, owner=None):
    """Replaces a file as a whole: a reader sees the old text or the new one."""
    folder = os.path.dirname(path)
    descriptor, temporary = tempfile.mkstemp(dir=folder, prefix=".chronos-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(temporary, mode)
        if owner and not ROOT and os.geteuid() == 0:
            entry = pwd.getpwnam(owner)
            os.chown(temporary, entry.pw_uid, entry.pw_gid)
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise


def get_parameters(names):
    """Decrypted values by `name:version`, ten a call, read with the host's own role."""
    values = {}
    for i in range(0, len(names), 10):
        answer = call_ssm("GetParameters", {"Names": names[i : i + 10], "WithDecryption": True})
        for parameter in answer["Parameters"]:
            values[f"{parameter['Name']}:{parameter['Version']}"] = parameter["Value"]
    return values


def call_ssm(operation, payload):
    """One call to Systems Manager; the answer's JSON."""
    headers = {"content-type": "application/x-amz-json-1.1", "x-amz-target": f"AmazonSSM.{operation}"}
    try:
        with signed("ssm", "POST", "/", json.dumps(payload).encode(), headers, timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        kind = json.loads(error.read() or b"{}").get("__type", "error")
        raise StepFailed(f"Parameter Store refused {operation}: {kind.split('#')[-1]}")
    except urllib.error.URLError as error:
        raise StepFailed(f"Parameter Store does not answer: {error.reason}")


def signed(service, method, path, body, headers, timeout, digest=None):
    """
    Makes one request with the host's own keys. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    A body that is a file is sent as it is read; its SHA-256 has to be given then.
    """
    region = os.environ.get("AWS_SSM_REGION_NAME") or os.environ.get("AWS_REGION", "us-east-1")
    named = os.environ.get(f"AWS_ENDPOINT_URL_{service.upper()}") or os.environ.get("AWS_ENDPOINT_URL")
    endpoint = named or f"https://{service}.{region}.amazonaws.com"
    key, secret, token = credentials()
    digest = digest or hashlib.sha256(body).hexdigest()
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    headers = {**headers, "host": endpoint.split("://", 1)[1].rstrip("/"), "x-amz-content-sha256": digest, "x-amz-date": now}
    if token:
        headers["x-amz-security-token"] = token
    names = ";".join(sorted(headers))
    canonical = "\n".join([method, path, "", *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names, digest])
    scope = f"{now[:8]}/{region}/{service}/aws4_request"
    to_sign = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signing_key = ("AWS4" + secret).encode()
    for part in (now[:8], region, service, "aws4_request"):
        signing_key = hmac.new(signing_key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(signing_key, to_sign.encode(), hashlib.sha256).hexdigest()
    headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
    request = urllib.request.Request(endpoint.rstrip("/") + path, data=body, headers=headers, method=method)
    return urllib.request.urlopen(request, timeout=timeout)


def credentials():
    """Keys of the host's role: a hybrid node finds them in a file, an EC2 host asks its metadata service (IMDSv2)."""
    shared = os.environ.get("AWS_SHARED_CREDENTIALS_FILE")
    if shared:
        profile = configparser.ConfigParser()
        profile.read(shared)
        section = profile["default"]
        return section["aws_access_key_id"], section["aws_secret_access_key"], section.get("aws_session_token")
    base = "http://169.254.169.254/latest/"
    ask = urllib.request.Request(base + "api/token", method="PUT", headers={"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    token = urllib.request.urlopen(ask, timeout=5).read().decode()

    def metadata(path):
        request = urllib.request.Request(base + path, headers={"X-aws-ec2-metadata-token": token})
        return urllib.request.urlopen(request, timeout=5).read().decode()

    roles = "meta-data/iam/security-credentials/"
    keys = json.loads(metadata(roles + metadata(roles).splitlines()[0]))
    return keys["AccessKeyId"], keys["SecretAccessKey"], keys["Token"]
