package session

import "os"

func preferred() []string { return fromEnvironment(os.Getenv) }
