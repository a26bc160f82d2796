"""Runs the application's own install command in its checkout."""


def run_install(step):
    plan = step.plan
    step.values()  # for masking what the command may print
    checkout = ROOT + plan["checkout"]
    step.run(["bash", "-c", plan["install"]], plan["install"], cwd=checkout)
    return f"{plan['install']} succeeded"


main(run_install)
