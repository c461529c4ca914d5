package probe

import (
	"fmt"

	"github.com/yusufpapurcu/wmi"
)

// wmiQuery asks Windows Management Instrumentation. It can take seconds, and wait for
// ever: only readings that run in the child may ask it. A field that is null is zero.
func wmiQuery(namespace, query string, to any) error {
	c := &wmi.Client{NonePtrZero: true, AllowMissingFields: true}
	if err := c.Query(query, to, nil, namespace); err != nil {
		return fmt.Errorf("WMI: %w", err)
	}
	return nil
}
