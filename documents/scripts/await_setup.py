"""Waits for the marker that the host's first boot leaves when everything it installs is there."""


def await_setup(step):
    marker = ROOT + step.plan["setupMarker"]
    failure = ROOT + step.plan["setupFailure"]
    while not os.path.exists(marker):
        if os.path.exists(failure):
            with open(failure, encoding="utf-8", errors="replace") as reason:
                text = reason.read().strip()[-EXCERPT_BYTES:]
            raise StepFailed(f"the host's set-up failed: {text.splitlines()[-1] if text else 'it gave no reason'}", text)
        if step.remaining() == 0:
            raise StepFailed(f"the host's set-up did not finish: {step.plan['setupMarker']} never came")
        time.sleep(min(2, max(step.remaining(), 0.1)))
    return "the host is set up"


main(await_setup, exclusive=False)
