// Shows whether the mesh takes orders, as /api/health says, and the address that this page came from.
'use strict';

const every = 10000;

function show(state, text) {
  document.getElementById('health').dataset.state = state;
  const said = document.getElementById('health-text');
  // Only a change is written: a screen reader reads what is written.
  if (said.textContent !== text) said.textContent = text;
}

async function ask() {
  try {
    const answer = await fetch('/api/health', { cache: 'no-store' });
    const { services = {} } = await answer.json();
    const away = Object.keys(services).filter((name) => services[name] !== 'SERVING');
    if (answer.ok) show('good', 'Taking orders');
    else show('bad', away.length > 0 ? `Not ready: ${away.join(', ')}` : 'Not ready');
  } catch {
    show('bad', 'Not reachable');
  }
}

document.getElementById('origin').textContent = location.origin;
ask();
setInterval(() => { if (!document.hidden) ask(); }, every);
