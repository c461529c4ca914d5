// Trusted Types: the one place where text becomes elements is htmx, which gets
// only what our own server rendered, escaped. What would run or reach out is not
// among it; if it were, nothing is shown.

interface Policy {
  createHTML(s: string): unknown;
  createScript(s: string): unknown;
}

declare const trustedTypes: { createPolicy(name: string, rules: Policy): Policy } | undefined;

const active = /<(script|iframe|object|embed|base|meta|link|style)[\s>/]/i;

const rules: Policy = {
  createHTML(s: string): string {
    if (active.test(s)) throw new TypeError("The server's answer holds an element that acts.");
    return s;
  },
  createScript(): string {
    return "";
  },
};

export const policy: Policy = typeof trustedTypes === "undefined" ? rules : trustedTypes.createPolicy("deskbell", rules);

// Refuse stands where htmx would compile code out of attributes. There is none.
export function Refuse(): never {
  throw new TypeError("Code in attributes is not run.");
}
