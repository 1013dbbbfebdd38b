import './base.css';
import './jobs.css';
import './job.css';
import './grid.css';
import './log.css';
import './widgets.css';
