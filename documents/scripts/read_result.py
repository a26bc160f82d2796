"""Tells what became of a step whose command gave no result."""


def read_kept(step):
    kept = read_result(step)
    if kept:
        return kept
    try:
        with open(step.path(".pid"), encoding="utf-8") as file:
            os.kill(int(file.read()), 0)
        return make_result(step, "running", "the step is still running")
    except FileNotFoundError:
        return make_result(step, "unknown", "the step never started on this host")
    except ProcessLookupError:
        excerpt = step.excerpt() if os.path.exists(step.log_path) else ""
        return make_result(step, "unknown", "the step was killed before it could leave a result", excerpt)


if __name__ == "__main__":
    print(json.dumps(read_kept(Step([sys.argv[1], sys.argv[2], "0", "0", ""]))))
