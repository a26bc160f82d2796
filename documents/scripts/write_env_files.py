"""Checks out the application's commit and writes its env files: all of them, or none."""


def write_env_files(step):
    plan = step.plan
    checkout = ROOT + plan["checkout"]
    values = step.values()
    check_out(step, plan, checkout)
    prepare = plan["prepare"]
    if prepare and not all(os.path.exists(os.path.join(checkout, path)) for path in prepare["unless"]):
        step.run(["bash", "-c", prepare["command"]], prepare["command"], cwd=checkout, user=plan["user"])
    texts = {}
    problems = []
    for file in plan["files"]:
        path = os.path.join(checkout, file["path"])
        texts[path] = new_text(step, file, path, checkout, values, problems)
    if problems:
        raise StepFailed("the configuration cannot be written: " + "; ".join(problems))
    for path, text in texts.items():
        os.makedirs(os.path.dirname(path), exist_ok=True)
        write_whole(path, text, owner=plan["user"])
    step.facts["commit"] = plan["commit"]
    return f"wrote {len(texts)} files for commit {plan['commit'][:12]}"


def check_out(step, plan, checkout):
    git = ["git", "-c", "advice.detachedHead=false", "-c", "url.https://github.com/.insteadOf=git@github.com:"]
    user = plan["user"]
    if not os.path.isdir(os.path.join(checkout, ".git")):
        os.makedirs(os.path.dirname(checkout), exist_ok=True)
        step.run([*git, "clone", "--no-checkout", plan["repository"], checkout], "git clone", user=user)
    inside = [*git, "-C", checkout]
    step.run([*inside, "remote", "set-url", "origin", plan["repository"]], "git remote set-url", user=user)
    step.run([*inside, "fetch", "--tags", "--force", "origin", "+refs/heads/*:refs/remotes/origin/*"], "git fetch", user=user)
    step.run([*inside, "checkout", "--force", "--detach", plan["commit"]], f"git checkout of {plan['commit']}", user=user)
    step.run([*inside, "submodule", "update", "--init", "--recursive"], "git submodule update", user=user)


def new_text(step, file, path, checkout, values, problems):
    template = os.path.join(checkout, file["template"]) if file["template"] else None
    source = path if os.path.exists(path) else template
    text = ""
    if source:
        if os.path.exists(source):
            with open(source, encoding="utf-8") as old:
                text = old.read()
        else:
            problems.append(f"{file['template']} is not in the repository")
    assignments = {}
    for key in file["keys"]:
        name = key["parameter"]
        value = values[name]
        if key["stripPrefix"] and value.startswith(key["stripPrefix"]):
            value = value[len(key["stripPrefix"]) :]
        if key["stripSuffix"] and value.endswith(key["stripSuffix"]):
            value = value[: -len(key["stripSuffix"])]
        try:
            encoded = ENCODERS[file["reader"]](value)
        except Unwritable as error:
            problems.append(f"{name} cannot be written to {file['path']}: {error}")
            continue
        assignments[key["key"]] = encoded
        fixed = fixed_problem(step, file, key, text if source == path else "", value, encoded)
        if fixed:
            problems.append(fixed)
    return set_keys(file["reader"], text, assignments)


def fixed_problem(step, file, key, old_text, value, encoded):
    """A value that something on the host was initialised with cannot be changed under it."""
    source = step.plan["values"][key["parameter"]]
    marker = source.get("fixedWhileExists")
    old = written(file["reader"], old_text, key["key"])
    if not marker or old is None or old in (encoded, value) or not os.path.exists(ROOT + marker):
        return None
    return f"{key['parameter']} cannot change while {marker} exists: {source.get('remedy') or 'it was initialised with the old value'}"


main(write_env_files)
