// What a page cannot do without a script. Everything else works without it.

// A button beside each password shows what is typed, and hides it again.
for (const input of document.querySelectorAll('input[data-reveal]')) {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'quiet';
  button.setAttribute('aria-controls', input.id);
  const show = (isShown) => {
    input.type = isShown ? 'text' : 'password';
    button.textContent = isShown ? 'Hide' : 'Show';
    button.setAttribute('aria-pressed', String(isShown));
  };
  button.addEventListener('click', () => show(input.type === 'password'));
  show(false);
  input.after(button);
}

// A button beside each command copies it. Elsewhere than on this machine a browser may not let it.
if (navigator.clipboard !== undefined) {
  for (const command of document.querySelectorAll('pre.command')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'small';
    button.textContent = 'Copy';
    const copied = () => (button.textContent = 'Copied');
    button.addEventListener('click', () => {
      navigator.clipboard.writeText(command.textContent).then(copied, () => {});
    });
    const around = document.createElement('div');
    around.className = 'copy';
    command.replaceWith(around);
    around.append(command, button);
  }
}

// The page of a job shows what happens as it happens. When the job has ended, the page shows what it did.
for (const job of document.querySelectorAll('[data-job]')) {
  const source = new EventSource(job.dataset.job);
  const log = job.querySelector('.log');
  const textItem = (text) => {
    const item = document.createElement('li');
    item.textContent = text;
    return item;
  };
  source.addEventListener('line', ({ data }) => {
    const { level, server, message } = JSON.parse(data);
    const item = document.createElement('li');
    const text = document.createElement('span');
    text.className = 'lines';
    text.textContent = `${server === undefined ? '' : `${server}: `}${message}`;
    item.className = level;
    item.append(text);
    if (level !== 'info') {
      const word = document.createElement('strong');
      word.textContent = level;
      item.prepend(word, ' ');
    }
    log.append(item);
    item.scrollIntoView({ block: 'nearest' });
  });
  source.addEventListener('progress', ({ data }) => {
    const [elapsed, ...lines] = JSON.parse(data);
    job.querySelector('[data-elapsed]').textContent = elapsed;
    job.querySelector('[data-progress]').replaceChildren(...lines.map(textItem));
  });
  source.addEventListener('end', () => {
    source.close();
    location.reload();
  });
  // The server has gone, and the job with it: Ctrl-C in its terminal. A connection alone that was lost comes back.
  let failures = 0;
  source.addEventListener('open', () => (failures = 0));
  source.addEventListener('error', () => {
    failures += 1;
    if (source.readyState !== EventSource.CLOSED && failures < 3) return;
    source.close();
    const badge = job.querySelector('[data-state]');
    badge.className = 'badge failing';
    badge.textContent = 'pgbak web has ended';
    badge.parentElement.setAttribute('role', 'status');
    job.querySelector('[data-elapsed]').textContent = 'Start it again: pgbak web';
    job.querySelector('[data-progress]').replaceChildren();
    for (const button of job.querySelectorAll('button')) button.disabled = true;
  });
}
