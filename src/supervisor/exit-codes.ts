/** The exit code of a supervisor that could not begin: whoever started it is told, so it is not tried again. */
export const COULD_NOT_BEGIN = 2;
