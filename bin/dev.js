#!/usr/bin/env node

// The command line as it stands in src: bundles it, then runs it as published.
await import('./build.js');
await import('./run.js');
