"""Dumps the application's database and keeps the dump where it outlives the host."""

import gzip
import shutil


def dump_database(step):
    dump = step.plan["dump"]
    step.values()  # for masking what the command may print
    path = step.path(".dump.gz")
    try:
        with tempfile.TemporaryFile(dir=step.folder) as plain:
            step.run(["bash", "-o", "pipefail", "-c", dump["command"]], "the database dump", cwd=ROOT + step.plan["checkout"], output=plain)
            size = plain.seek(0, os.SEEK_END)
            if size == 0:
                raise StepFailed("the database dump is empty: the command printed nothing")
            plain.seek(0)
            with gzip.open(path, "wb") as packed:
                shutil.copyfileobj(plain, packed)
        upload(step, path, dump)
    finally:
        if os.path.exists(path):
            os.unlink(path)
    step.facts["dump"] = f"s3://{dump['bucket']}/{dump['key']}"
    step.facts["bytes"] = size
    return f"dumped {size} bytes to {step.facts['dump']}"


def upload(step, path, dump):
    with open(path, "rb") as packed:
        digest = hashlib.sha256()
        for block in iter(lambda: packed.read(CHUNK), b""):
            digest.update(block)
        packed.seek(0)
        headers = {"content-length": str(os.path.getsize(path)), "content-type": "application/gzip"}
        try:
            with signed("s3", "PUT", f"/{dump['bucket']}/{dump['key']}", packed, headers, max(step.remaining(), 1), digest.hexdigest()):
                pass
        except urllib.error.URLError as error:
            raise StepFailed(f"the database dump could not be kept in s3://{dump['bucket']}: {error}")


main(dump_database)
