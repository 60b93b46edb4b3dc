"""An expected fault: a sentence that says what is wrong and what to do. The command line prints it and ends with an error."""


class Fault(Exception):
    pass
