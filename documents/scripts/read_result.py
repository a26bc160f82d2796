"""Tells what became of a step whose command gave no result."""


def read_kept(step):
    kept = read_result(step)
    if kept:
        return kept
    try:
        with open(step.path(".pid"), encoding="utf-8") as file:
            pid = int(file.read())
        if is_running(pid):
            return make_result(step, "running", "the step is still running")
    except FileNotFoundError:
        return make_result(step, "unknown", "the step never started on this host")
    return make_result(step, "unknown", "the step was killed before it could leave a result")


def is_running(pid):
    """Whether a process lives: one that has ended and was not collected yet does not."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    print(json.dumps(read_kept(Step([sys.argv[1], sys.argv[2], "0", "0", ""]))))
